/**
 * From loading to the first list, and the time of a list after that, in Node and in Chromium:
 * a Mult-VAE of 600 and 200 units over 1,000, 20,000 and 100,000 products, a history of 30.
 *
 *   node tests/bench/serve.mjs [--items 1000,20000,100000] [--lists 100]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRecommender } from 'vitrine'
import { main } from '../../web/scripts/run.mjs'
import { sampleProducts, vaeStore, writeTensorFile } from '../support/store-writer.mjs'
import { median, quantile, report, scratch } from './bench.mjs'
import { timeLists, timeListsInChromium } from './lists.mjs'

await main(async () => {
  const { values } = parseArgs({
    options: {
      items: { type: 'string', default: '1000,20000,100000' },
      lists: { type: 'string', default: '100' },
    },
  })
  const hosts = {
    node: (options) => timeLists(createRecommender, options),
    chromium: timeListsInChromium,
  }
  const results = []
  for (const nItems of values.items.split(',').map(Number)) {
    for (const dtype of ['int8', 'f32']) {
      const path = join(scratch('serve'), `vae-${nItems}-${dtype}.safetensors`)
      const shape = { hidden: 600, latent: 200, dtype }
      writeFileSync(path, writeTensorFile(vaeStore(sampleProducts(nItems), shape)))
      const history = Array.from({ length: 30 }, (_, i) => `SKU-${(i * 37) % nItems}`)
      const options = { model: path, history, now: 1735689600, nLists: Number(values.lists) }
      for (const [host, run] of Object.entries(hosts)) {
        const { first, lists } = await run(options)
        results.push({
          host,
          model: 'vae 600-200',
          precision: dtype,
          items: nItems,
          file_bytes: readFileSync(path).length,
          first_list_ms: round(first),
          median_ms: round(median(lists)),
          p95_ms: round(quantile(lists, 0.95)),
        })
      }
    }
  }
  report('serve', results)
})

function round(ms) {
  return Math.round(ms * 1000) / 1000
}
