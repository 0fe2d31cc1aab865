/**
 * Every family of models over 20,000 products: the file, the time of a list in Node and in Chromium
 * for a history of 30, and whether the lists are the native command's.
 *
 *   node tests/bench/families.mjs [--products 22000] [--shoppers 20000] [--lists 100] [--only vae]
 *
 * The shop is made up and the iterated models run for an epoch: how long a list takes depends on
 * the sizes alone. Files are as `export` writes them, in int8.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRecommender } from 'vitrine'
import { Failure, main } from '../../web/scripts/run.mjs'
import { median, quantile, report, runVitrine, scratch } from './bench.mjs'
import { timeLists, timeListsInChromium } from './lists.mjs'

const epoch = ['--epochs', '1', '--no-refit']
const families = {
  vae: ['--model', 'vae', ...epoch],
  recvae: ['--model', 'vae', '--variant', 'recvae', ...epoch],
  compact: ['--model', 'vae', '--variant', 'compact', ...epoch],
  gan: ['--model', 'gan', ...epoch],
  sequence: ['--model', 'sequence', '--negatives', '512', ...epoch],
  'linear, sparse': ['--model', 'linear', '--form', 'sparse', '--lambda', '200'],
  'linear, dense': ['--model', 'linear', '--form', 'dense', '--lambda', '200'],
  forward: ['--model', 'forward', '--lambda', '1000'],
  'item-knn': ['--model', 'item-knn', '--neighbours', '200', '--shrink', '0', '--alpha', '0.5'],
  markov: ['--model', 'markov'],
  'personal-frequency': ['--model', 'personal-frequency'],
  popularity: ['--model', 'popularity'],
  blend: ['--model', 'blend', '--parts', 'linear', 'vae', 'sequence', '--form', 'sparse'].concat(
    ['--variant', 'compact', '--negatives', '512', '--lambda', '200'],
    epoch,
  ),
}
const now = 1735689600

await main(async () => {
  const { values } = parseArgs({
    options: {
      products: { type: 'string', default: '22000' },
      shoppers: { type: 'string', default: '20000' },
      lists: { type: 'string', default: '100' },
      only: { type: 'string' },
    },
  })
  const chosen = Object.entries(families).filter(([name]) => name === (values.only ?? name))
  if (chosen.length === 0) throw new Failure(`there is no family ${values.only}`, 2)
  const folder = scratch('families')
  const [shop, data] = [join(folder, 'shop'), join(folder, 'data')]
  const sizes = ['--products', values.products, '--shoppers', values.shoppers]
  runVitrine('generate', ...sizes, '--out', shop, '--force')
  const log = ['--events', join(shop, 'events.csv'), '--products', join(shop, 'products.csv')]
  runVitrine('prepare', ...log, '--out', data, '--force')
  const { id } = JSON.parse(readFileSync(join(data, 'catalogue.json'), 'utf8'))
  const history = Array.from({ length: 30 }, (_, i) => id[(i * 37) % id.length])

  const results = []
  for (const [family, flags] of chosen) {
    const [out, model] = [join(folder, 'model'), join(folder, 'store.safetensors')]
    runVitrine('train', '--data', data, '--out', out, '--force', ...flags)
    runVitrine('export', '--model', out, '--out', model)
    const ask = ['--now', `${now}`, '--count', '20', '--history', ...history]
    const native = runVitrine('recommend', '--model', model, ...ask)
    const options = { model, history, now, nLists: Number(values.lists) }
    const row = { family, items: id.length, file_bytes: statSync(model).size }
    const hosts = {
      node: () => timeLists(createRecommender, options),
      chromium: () => timeListsInChromium(options),
    }
    for (const [host, run] of Object.entries(hosts)) {
      const { first, lists, items } = await run()
      row[host] = {
        first_list_ms: round(first),
        median_ms: round(median(lists)),
        p95_ms: round(quantile(lists, 0.95)),
        equals_native: isSame(items, native.items),
      }
    }
    results.push(row)
    console.error(JSON.stringify(row))
  }
  report('families', results)
})

/** The same products with the same scores; only what scores alike may change places. */
function isSame(items, expected) {
  const tolerance = 1e-4 * Math.max(1, ...expected.map(({ score }) => Math.abs(score)))
  const isNear = (a, b) => Math.abs(a - b) <= tolerance
  const scores = new Map(expected.map(({ id, score }) => [id, score]))
  return (
    items.length === expected.length &&
    items.every(
      ({ id, score }, i) =>
        isNear(score, expected[i].score) && isNear(score, scores.get(id) ?? expected.at(-1).score),
    )
  )
}

function round(ms) {
  return Math.round(ms * 1000) / 1000
}
