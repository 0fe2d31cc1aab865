/**
 * From loading to the first list, and the time of a list after that, in Node and in Chromium:
 * a Mult-VAE of 600 and 200 units over 1,000, 20,000 and 100,000 products, a history of 30.
 *
 *   node tests/bench/serve.mjs [--items 1000,20000,100000] [--lists 100]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRecommender } from 'vitrine'
import { main } from '../../web/scripts/run.mjs'
import { launch, listen } from '../support/browser.mjs'
import { packageFiles } from '../support/package-files.mjs'
import { sampleProducts, vaeStore, writeTensorFile } from '../support/store-writer.mjs'
import { median, quantile, report, scratch } from './bench.mjs'

await main(async () => {
  const { values } = parseArgs({
    options: {
      items: { type: 'string', default: '1000,20000,100000' },
      lists: { type: 'string', default: '100' },
    },
  })
  const nLists = Number(values.lists)
  const results = []
  for (const nItems of values.items.split(',').map(Number)) {
    for (const dtype of ['int8', 'f32']) {
      const path = join(scratch('serve'), `vae-${nItems}-${dtype}.safetensors`)
      const shape = { hidden: 600, latent: 200, dtype }
      writeFileSync(path, writeTensorFile(vaeStore(sampleProducts(nItems), shape)))
      const host = { node: () => measure(createRecommender, path, nItems, nLists) }
      host.chromium = () => inChromium(path, nItems, nLists)
      for (const [name, run] of Object.entries(host)) {
        const { first, lists } = await run()
        results.push({
          host: name,
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

/** Runs in Node and, as source text, in the page. Each list follows an event, as after a click. */
async function measure(create, model, nItems, nLists) {
  const start = performance.now()
  const vitrine = await create({ model })
  const track = (i) => vitrine.track({ event: 'view_item', items: [{ item_id: `SKU-${i}` }] })
  for (let i = 0; i < 30; ++i) track((i * 37) % nItems)
  await vitrine.recommend({ count: 20 })
  const first = performance.now() - start
  for (let i = 0; i < 20; ++i) await vitrine.recommend({ count: 20 })
  const lists = []
  for (let i = 0; i < nLists; ++i) {
    const before = performance.now()
    await vitrine.recommend({ count: 20 })
    lists.push(performance.now() - before)
  }
  vitrine.close()
  return { first, lists }
}

async function inChromium(path, nItems, nLists) {
  const files = {
    '/': ['text/html', Buffer.from('<!doctype html><title>Benchmark</title>')],
    ...packageFiles,
    '/store.safetensors': ['application/octet-stream', readFileSync(path)],
  }
  // Isolation makes the page's clock fine enough to time a list.
  const isolated = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  }
  const server = createServer(({ url }, response) => {
    const [type, bytes] = files[url] ?? ['text/plain', Buffer.alloc(0)]
    const headers = { ...isolated, 'content-type': type, 'content-length': bytes.length }
    response.writeHead(files[url] ? 200 : 404, headers).end(bytes)
  })
  const address = await listen(server)
  const browser = await launch()
  try {
    const page = await browser.newPage()
    await page.goto(address)
    return await page.evaluate(
      async ({ source, nItems, nLists }) => {
        const { createRecommender } = await import('/index.js')
        const run = new Function(`return ${source}`)()
        return run(createRecommender, '/store.safetensors', nItems, nLists)
      },
      { source: measure.toString(), nItems, nLists },
    )
  } finally {
    await browser.close()
    server.close()
  }
}

function round(ms) {
  return Math.round(ms * 1000) / 1000
}
