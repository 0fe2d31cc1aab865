/** Runs a plan: each model at each size in each host, then what a page pays before its first list. */
import { rmSync, writeFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { Failure, heading } from '../../../web/scripts/run.mjs'
import { machine, scratch, writeResults } from '../bench.mjs'
import { PlainRecommender } from './contenders/javascript.mjs'
import { workerContenders } from './contenders.mjs'
import { bytesOfFile, writeFiles } from './files.mjs'
import { openChromium } from './hosts/chromium.mjs'
import { openNode } from './hosts/node.mjs'
import { measure } from './measure.mjs'
import { bytesOfModel, listLength, makeModel } from './models.mjs'
import { measureNative } from './native.mjs'
import { plot } from './plot.mjs'
import { openStartup } from './startup.mjs'
import { streamModule } from './stream-module.mjs'
import { printDownloads, printResults, printStartup } from './table.mjs'

const hosts = { chromium: openChromium, node: openNode }
/** Sizes and models whose first list is timed. */
const startupItems = [1000, 20108]
const startupModels = ['model-m', 'compact']
/** Of its file, what a contender takes at most beside it while it loads. */
const memoryPerFileByte = 4

export async function runBenchmark(plan) {
  const all = { results: [], skipped: [], bandwidth: [], startup: [], memory: [], downloads: [] }
  const pages = plan.startup && plan.hosts.includes('chromium') ? await openStartup() : undefined
  for (const name of plan.models) {
    for (const items of plan.items) {
      const of = await runOne(plan, name, items, pages)
      for (const key of Object.keys(of)) all[key].push(...of[key])
    }
  }
  if (pages) {
    all.downloads = pages.downloads()
    pages.close()
  }
  const { startup, memory, downloads } = all
  if (!plan.json) {
    printStartup(startup, memory)
    printDownloads(downloads)
  }
  writeResults('peers', all)
  const drawn = plot(all.results)
  if (drawn) writeFileSync(new URL('../results/peers.svg', import.meta.url), drawn)
  if (plan.json) console.log(JSON.stringify({ machine: machine(), ...all }))
}

/** Everything of one model at one size; its files are gone afterwards. */
async function runOne(plan, name, items, pages) {
  const of = { results: [], skipped: [], bandwidth: [], startup: [], memory: [] }
  const where = { model: name, items }
  const tell = (text) => plan.json || heading(text)
  tell(`${name}, ${items.toLocaleString('en')} products`)
  const tooLarge = reasonAgainst(name, items)
  if (tooLarge) {
    of.skipped.push({ ...where, reason: tooLarge })
    if (!plan.json) console.log(`left out: ${tooLarge}`)
    return of
  }
  const model = makeModel(name, items)
  const reference = new PlainRecommender(model, listLength)
  const chosen = (contender) => plan.contenders.some((begin) => contender.name.startsWith(begin))
  const contenders = workerContenders(plan.precisions).filter(
    (contender) => chosen(contender) && (name !== 'sequence' || contender.form !== 'dense'),
  )
  const folder = join(scratch('peers'), `${name}-${items}`)
  try {
    writeFiles(folder, model, contenders)
    writeFileSync(join(folder, 'stream.wasm'), await streamModule())
    for (const hostName of plan.hosts) {
      const add = ({ rows, skipped, bandwidth = [] }) => {
        of.results.push(...rows.map((row) => ({ host: hostName, ...where, ...row })))
        of.skipped.push(...skipped.map((it) => ({ host: hostName, ...where, ...it })))
        of.bandwidth.push(...bandwidth.map((it) => ({ host: hostName, ...where, ...it })))
      }
      if (hostName === 'node-native') {
        add(await measureNative({ model, folder, chosen, reference }))
        continue
      }
      for (const group of groupsThatFit(folder, contenders)) {
        const host = await hosts[hostName]()
        try {
          const { lists } = plan
          add(await measure({ host, model, folder, contenders: group, reference, lists }))
        } finally {
          await host.close()
        }
      }
    }
    if (pages && startupModels.includes(name) && startupItems.includes(items)) {
      const { skipped, ...rows } = await pages.measure({ model, folder, contenders })
      Object.assign(of, rows)
      of.skipped.push(...skipped)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  checkLists(of.results)
  if (!plan.json) printResults(of)
  return of
}

function reasonAgainst(name, items) {
  const bytes = bytesOfModel(name, items)
  const gigabytes = (bytes / 1e9).toFixed(1)
  if (bytes > 2 ** 31) {
    return `its weights have ${gigabytes} GB in f32, an ONNX file at most 2 and a WebAssembly memory 4`
  }
  return undefined
}

/** Contenders in as few groups as the memory allows; those of a group take turns. */
function groupsThatFit(folder, contenders) {
  const budget = freemem() / 2
  const groups = [[]]
  let bytes = 0
  for (const contender of contenders) {
    const own = memoryPerFileByte * bytesOfFile(folder, contender)
    if (bytes + own > budget && groups.at(-1).length > 0) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1).push(contender)
    bytes += own
  }
  return groups
}

/** In full precision everybody must list the same. */
function checkLists(results) {
  const wrong = results.find((row) => row.precision === 'f32' && row['overlap@20'] < 0.99)
  if (!wrong) return
  const { contender, host, model, items } = wrong
  const what = `${contender} in ${host} lists other products of ${model} (${items})`
  throw new Failure(`${what}: it does not compute the same model.`)
}
