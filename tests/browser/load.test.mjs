/** What only a browser can show of loading: other origins, and pages that forbid WebAssembly. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { launch, listen } from '../support/browser.mjs'
import { packageFiles } from '../support/package-files.mjs'
import { popularityStore, sampleProducts, writeTensorFile } from '../support/store-writer.mjs'

const store = writeTensorFile(popularityStore(sampleProducts(500)))
const policies = {
  '/': "default-src 'self' http://127.0.0.1:*; script-src 'self' 'wasm-unsafe-eval'",
  '/without-wasm': "default-src 'self'; script-src 'self'",
}

let browser
let server
let base
before(async () => {
  const compressed = gzipSync(store)
  server = createServer(({ url }, response) => {
    if (url in policies) {
      const headers = { 'content-type': 'text/html', 'content-security-policy': policies[url] }
      return response.writeHead(200, headers).end('<!doctype html><title>Shop</title>')
    }
    if (url in packageFiles) {
      const [type, body] = packageFiles[url]
      return response.writeHead(200, { 'content-type': type }).end(body)
    }
    if (url === '/compressed') {
      const headers = {
        'access-control-allow-origin': '*',
        'content-encoding': 'gzip',
        'content-length': compressed.length,
      }
      return response.writeHead(200, headers).end(compressed)
    }
    response.writeHead(url === '/favicon.ico' ? 204 : 404).end()
  })
  base = await listen(server)
  browser = await launch()
})
after(async () => {
  await browser?.close()
  server?.close()
})

/** Opens a page and runs `createRecommender` in it: what it describes, or how it fails. */
async function create(address, options) {
  const page = await browser.newPage()
  try {
    await page.goto(address)
    return await page.evaluate(async (options) => {
      const { createRecommender } = await import('/index.js')
      try {
        return (await createRecommender(options)).describe()
      } catch ({ name, code, message }) {
        return { name, code, message }
      }
    }, options)
  } finally {
    await page.close()
  }
}

test('a compressed model of another origin loads', async () => {
  // The page at localhost, the model at 127.0.0.1.
  const page = base.replace('127.0.0.1', 'localhost')
  const { items, bytes } = await create(page, { model: `${base}compressed` })
  assert.deepEqual([items, bytes], [500, store.length])
})

test('an address that nobody answers is a network error', async () => {
  const { code, message } = await create(base, { model: 'http://127.0.0.1:9/store' })
  assert.equal(code, 'network')
  assert.match(message, /could not be fetched/)
})

test('an address without a file is not-found', async () => {
  assert.equal((await create(base, { model: '/none' })).code, 'not-found')
})

test('a page instead of the model or the engine is told apart', async () => {
  assert.match((await create(base, { model: '/' })).message, /HTML page came instead of the model/)
  const { code, message } = await create(base, { model: '/compressed', wasm: '/' })
  assert.equal(code, 'bad-format')
  assert.match(message, /HTML page came instead of the engine/)
})

test('a policy that forbids WebAssembly is named', async () => {
  const { name, code, message } = await create(`${base}without-wasm`, { model: '/compressed' })
  assert.deepEqual([name, code], ['VitrineError', 'unsupported'])
  assert.match(message, /'wasm-unsafe-eval'/)
})
