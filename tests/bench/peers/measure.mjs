/** Times contenders against each other on one model, in small rounds that take turns. */
import { median, quantile } from '../bench.mjs'
import { bytesPerWeight } from './contenders.mjs'
import { bytesTouched, historyLength, listLength, makeHistories } from './models.mjs'

const listsPerRound = 24 // the first finds cold caches
// Browsers compile again what has run for a hundred lists or so.
const warmUpRoundsFor = (nItems) => (nItems > 100_000 ? 1 : 7)
const comparedRounds = 2

/**
 * A row of results for each contender, and the bandwidth in GB/s behind each floor; `skipped` says who
 * could not be measured and why. `reference` makes the lists that others are compared with.
 */
export async function measure({ host, model, folder, contenders, reference, lists }) {
  const { tensors, ...shape } = model
  const options = { model: shape, listLength, historyLength }
  const entries = []
  const skipped = []
  const floors = new Map()
  try {
    for (const contender of contenders) {
      const { name, precision, module, file, form } = contender
      try {
        const opened = await host.open(module, folder, { ...options, file, form })
        entries.push({ contender, ...opened, cold: [], warm: [], overlap: [] })
      } catch (error) {
        skipped.push({ contender: name, precision, reason: reasonOf(error) })
        continue
      }
      const bytes = bytesTouched(model, bytesPerWeight[precision])
      if (floors.has(bytes)) continue
      const stream = await host.open('stream', folder, { bytes })
      floors.set(bytes, { bytes, ...stream, cold: [], warm: [] })
    }
    const everybody = [...entries, ...floors.values()]
    if (entries.length > 0) await runRounds(everybody, { model, reference, lists })
  } finally {
    for (const { close } of [...entries, ...floors.values()]) await close()
  }
  const rows = entries.map((entry) => {
    const bytes = bytesTouched(model, bytesPerWeight[entry.contender.precision])
    return rowOf(entry, floors.get(bytes))
  })
  const bandwidth = [...floors.values()].map(({ bytes, warm }) => {
    return { bytes, gb_per_s: round(bytes / median(warm) / 1e6) }
  })
  return { rows, skipped, bandwidth }
}

async function runRounds(entries, { model, reference, lists }) {
  const warmUpRounds = warmUpRoundsFor(model.nItems)
  const rounds = warmUpRounds + Math.ceil(lists / (listsPerRound - 1))
  const histories = makeHistories(model.nItems, rounds, historyLength - 1 + listsPerRound)
  for (const [number, items] of histories.entries()) {
    const history = Array.from(items.subarray(0, historyLength - 1))
    const clicks = Array.from(items.subarray(historyLength - 1))
    const isWarmUp = number < warmUpRounds
    const isCompared = !isWarmUp && number < warmUpRounds + comparedRounds
    const expected = isCompared ? listsOf(reference, history, clicks) : []
    for (let turn = 0; turn < entries.length; ++turn) {
      const entry = entries[(turn + number) % entries.length]
      const { cold, warm, lists } = await entry.round({ history, clicks, inBatch: entry.inBatch })
      if (isWarmUp) {
        // What takes only a few steps of the clock is timed together.
        entry.inBatch = median(warm) < 40 * entry.clockStep
        continue
      }
      entry.cold.push(cold)
      entry.warm.push(...warm)
      for (const [i, list] of expected.entries()) entry.overlap?.push(overlapOf(list, lists[i]))
    }
  }
}

/** The list after each of `clicks`. */
export function listsOf(recommender, history, clicks) {
  recommender.start(history)
  return clicks.map((item) => {
    recommender.click(item)
    return Array.from(recommender.list())
  })
}

/** The share of `list` that `other` has too. */
export function overlapOf(list, other) {
  const items = new Set(list)
  return other.filter((item) => items.has(item)).length / list.length
}

function rowOf({ contender, cold, warm, overlap }, floor) {
  const typical = median(warm)
  return {
    contender: contender.name,
    precision: contender.precision,
    median_ms: round(typical),
    p10_ms: round(quantile(warm, 0.1)), // what a busy machine disturbs least
    p95_ms: round(quantile(warm, 0.95)),
    cold_ms: round(median(cold)),
    'overlap@20': round(overlap.reduce((sum, value) => sum + value, 0) / overlap.length),
    floor_ms: round(median(floor.warm)),
    floor_ratio: round(typical / median(floor.warm)),
  }
}

/** Four digits are more than a shared machine repeats. */
export function round(value) {
  return Number(value.toPrecision(4))
}

export function reasonOf(error) {
  const [line] = `${error.message ?? error}`.replace(/^page\.evaluate: /, '').split('\n')
  return `it could not be loaded: ${line.slice(0, 200)}`
}
