/** A model that is kept on the device: asked for again only where it has changed, there offline. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { launch, listen } from '../support/browser.mjs'
import { packageFiles } from '../support/package-files.mjs'
import { popularityStore, sampleProducts, writeTensorFile } from '../support/store-writer.mjs'

const storeOf = (nItems) => writeTensorFile(popularityStore(sampleProducts(nItems)))
const assets = {
  '/': ['text/html', Buffer.from('<!doctype html><title>Shop</title>')],
  ...packageFiles,
}

let browser
let server
let base
let context
let answer // what the server does with a request for the model
let statuses // of its answers
before(async () => {
  server = createServer((request, response) => {
    const asset = assets[request.url]
    if (asset) return response.writeHead(200, { 'content-type': asset[0] }).end(asset[1])
    if (request.url !== '/store') return response.writeHead(404).end()
    response.on('close', () => statuses.push(response.statusCode))
    return answer(request, response)
  })
  base = await listen(server)
  browser = await launch()
})
after(async () => {
  await browser?.close()
  server?.close()
})
beforeEach(async () => {
  statuses = []
  await context?.close()
  context = await browser.newContext()
})

/** A server of files, as any: it knows a file by its tag. */
const serve = (store, etag) => (request, response) => {
  if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end()
  return response.writeHead(200, { etag, 'content-length': store.length }).end(store)
}

/** A visit: the products of the model, or how it fails. `damage` first alters a byte of what is kept. */
async function visit({ damage = false } = {}) {
  const page = await context.newPage()
  try {
    await page.goto(base)
    return await page.evaluate(async (damage) => {
      const cache = await caches.open('vitrine')
      if (damage) {
        const kept = await cache.match('/store')
        const bytes = new Uint8Array(await kept.arrayBuffer())
        bytes[bytes.length - 100] ^= 1
        await cache.put('/store', new Response(bytes, { headers: kept.headers }))
      }
      const before = (await (await cache.match('/store'))?.arrayBuffer())?.byteLength
      const { createRecommender } = await import('/index.js')
      try {
        const vitrine = await createRecommender({ model: '/store', keepModel: true })
        const { items, bytes } = vitrine.describe()
        for (let i = 0; i < 100; ++i) {
          const kept = await (await cache.match('/store'))?.arrayBuffer()
          if (kept?.byteLength === bytes) break
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        vitrine.close()
        return { items, before }
      } catch ({ code, message }) {
        return { code, message }
      }
    }, damage)
  } finally {
    await page.close()
  }
}

test('the second visit downloads nothing, and a third gets what has changed', async () => {
  const store = storeOf(500)
  answer = serve(store, '"one"')
  assert.equal((await visit()).items, 500)
  assert.deepEqual(await visit(), { items: 500, before: store.length })
  answer = serve(storeOf(700), '"two"')
  assert.equal((await visit()).items, 700)
  assert.equal((await visit()).items, 700)
  assert.deepEqual(statuses, [200, 304, 200, 304])
})

test('what is kept does for a server that is away, answers a page, breaks off or sends damage', async () => {
  const store = storeOf(500)
  answer = serve(store, '"one"')
  await visit()
  const damaged = Buffer.from(storeOf(700))
  damaged[damaged.length - 100] ^= 1
  const failures = [
    (_, response) => response.destroy(),
    (_, response) => response.writeHead(503).end(),
    (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    (_, response) => {
      response.writeHead(200, { 'content-length': store.length })
      response.write(store.subarray(0, store.length >> 1), () => response.destroy())
    },
    (_, response) => response.writeHead(200).end(damaged),
  ]
  for (answer of failures) {
    assert.deepEqual(await visit(), { items: 500, before: store.length })
  }
  answer = serve(storeOf(700), '"two"')
  assert.equal((await visit()).items, 700)
})

test('damage on the device is found out, and the file downloaded anew', async () => {
  const store = storeOf(500)
  answer = serve(store, '"one"')
  await visit()
  assert.deepEqual(await visit({ damage: true }), { items: 500, before: store.length })
  assert.equal((await visit()).items, 500)
  assert.deepEqual(statuses, [200, 304, 200, 304])
})

test('a first visit that fails keeps nothing', async () => {
  answer = (_, response) => response.writeHead(200).end(storeOf(500).subarray(0, 5000))
  const { code } = await visit()
  assert.equal(code, 'bad-format')
  answer = serve(storeOf(500), '"one"')
  assert.deepEqual(await visit(), { items: 500, before: undefined })
})
