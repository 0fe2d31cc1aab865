/** Lists for many shoppers at once on all cores of a server: milliseconds of the machine for each. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { median, quantile } from '../bench.mjs'
import { createBatch as onnxruntime } from './contenders/onnxruntime-node.mjs'
import { createBatch as vitrine } from './contenders/vitrine-native.mjs'
import { nativeContenders } from './contenders.mjs'
import { writeFiles } from './files.mjs'
import { listsOf, overlapOf, reasonOf, round } from './measure.mjs'
import { historyLength, makeHistories } from './models.mjs'

/** Which number of shoppers is best depends on the model and the machine: the best one counts. */
const batchSizes = [16, 64, 256]
const maxScores = 1e8 // of a batch, so that it stays below a few gigabytes
const warmUpRounds = 2
const rounds = 10

/**
 * Of a model's file, for histories of the same length: `lists(histories)` gives `{ lists, ms }`, a list
 * for each and the milliseconds of all.
 */
export const makers = { 'onnxruntime-node': onnxruntime, 'vitrine-native': vitrine }

export async function measureNative({ model, folder, precisions, chosen, reference }) {
  const contenders = nativeContenders(precisions).filter(chosen)
  writeFiles(folder, model, contenders)
  const { tensors, ...shape } = model
  const rows = []
  const skipped = []
  for (const contender of contenders) {
    const { name, precision, module, file } = contender
    try {
      const options = { path: join(folder, file), model: shape, threads: availableParallelism() }
      const batch = await makers[module](options)
      rows.push({ contender: name, precision, ...(await time(batch, model.nItems, reference)) })
      await batch.close()
    } catch (error) {
      skipped.push({ contender: name, precision, reason: reasonOf(error) })
    }
  }
  return { rows, skipped }
}

async function time(batch, nItems, reference) {
  const sizes = batchSizes.filter((size) => size * nItems <= maxScores)
  const histories = makeHistories(nItems, Math.max(...sizes), historyLength)
  const { lists } = await batch.lists(histories.slice(0, 32))
  const overlap = lists.map((list, i) => overlapOf(listOf(reference, histories[i]), list))
  const times = sizes.map(() => [])
  for (let turn = 0; turn < warmUpRounds + rounds; ++turn) {
    for (const [i, size] of sizes.entries()) {
      const { ms } = await batch.lists(histories.slice(0, size))
      if (turn >= warmUpRounds) times[i].push(ms / size)
    }
  }
  const best = times.reduce((a, b) => (median(a) <= median(b) ? a : b))
  return {
    median_ms: round(median(best)),
    p95_ms: round(quantile(best, 0.95)),
    'overlap@20': round(overlap.reduce((sum, value) => sum + value, 0) / overlap.length),
    floor_ratio: null,
    shoppers: sizes[times.indexOf(best)],
  }
}

function listOf(reference, history) {
  const items = Array.from(history)
  return listsOf(reference, items.slice(0, -1), items.slice(-1))[0]
}
