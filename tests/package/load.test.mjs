/** Where a model and the engine can come from, and what goes wrong on the way. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { createRecommender, VitrineError } from 'vitrine'
import { popularityStore, sampleProducts, writeTensorFile } from '../support/store-writer.mjs'

const file = writeTensorFile(popularityStore(sampleProducts(2000)))
const wasm = readFileSync(fileURLToPath(import.meta.resolve('vitrine/engine.wasm')))
const page = '<!doctype html><title>Shop</title>'

/** Sends `bytes` in pieces of odd lengths. */
async function sendInPieces(response, bytes) {
  for (let at = 0; at < bytes.length; at += 3001) {
    response.write(bytes.subarray(at, at + 3001))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  response.end()
}

const answers = {
  '/store': (_, response) => response.end(file),
  '/pieces': (_, response) => sendInPieces(response, file),
  '/gzip': (_, response) => {
    const body = gzipSync(file)
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': body.length }).end(body)
  },
  '/page': (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page),
  '/page-without-type': (_, response) => response.end(page),
  '/fails': (_, response) => response.writeHead(503).end(),
  '/breaks-off': (_, response) => {
    response.writeHead(200, { 'content-length': file.length })
    response.write(file.subarray(0, 20_000), () => response.destroy())
  },
  '/never-ends': (_, response) => response.write(file.subarray(0, 20_000)),
  '/engine': (_, response) =>
    response.writeHead(200, { 'content-type': 'application/wasm' }).end(wasm),
  '/engine-without-type': (_, response) => response.end(wasm),
  '/broken-engine': (_, response) =>
    response.writeHead(200, { 'content-type': 'application/wasm' }).end(wasm.subarray(0, 999)),
}

let server
let base
let folder
let path
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-load-'))
  path = join(folder, 'store with blanks.safetensors')
  writeFileSync(path, file)
  server = createServer((request, response) => {
    const answer = answers[request.url]
    if (answer) answer(request, response)
    else response.writeHead(404).end('no such file')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  base = `http://127.0.0.1:${server.address().port}`
})
after(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

async function loads(options) {
  const recommender = await createRecommender(options)
  const { items } = await recommender.recommend({ count: 2 })
  assert.deepEqual(
    items.map(({ id }) => id),
    ['SKU-0', 'SKU-1'],
  )
  assert.equal(recommender.describe().bytes, file.length)
  recommender.close()
}

async function refuses(options, code, message) {
  await assert.rejects(createRecommender(options), (error) => {
    assert.ok(error instanceof VitrineError, error.stack)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  })
}

suite('a model comes from', () => {
  test('bytes', () => loads({ model: file }))
  test('bytes in the middle of a buffer', () => {
    const larger = new Uint8Array(file.length + 20)
    larger.set(file, 13)
    return loads({ model: larger.subarray(13, 13 + file.length) })
  })
  test('an ArrayBuffer', () => loads({ model: file.slice().buffer }))
  test('a Response', () => loads({ model: new Response(file) }))
  test('a path', () => loads({ model: path }))
  test('a file URL', () => loads({ model: pathToFileURL(path) }))
  test('a file URL as text', () => loads({ model: `${pathToFileURL(path)}` }))
  test('an address', () => loads({ model: `${base}/store` }))
  test('a URL', () => loads({ model: new URL('/store', base) }))
  test('a body in many pieces', () => loads({ model: `${base}/pieces` }))
  test('a compressed body, whose length is not the file’s', () => loads({ model: `${base}/gzip` }))
})

suite('the engine comes from', () => {
  test('an address', () => loads({ model: file, wasm: `${base}/engine` }))
  test('an address whose server does not know the type', () =>
    loads({ model: file, wasm: `${base}/engine-without-type` }))
  test('a Response', async () => loads({ model: file, wasm: await fetch(`${base}/engine`) }))
  test('bytes', () => loads({ model: file, wasm }))
  test('a compiled module', async () =>
    loads({ model: file, wasm: await WebAssembly.compile(wasm) }))
})

suite('loading fails with', () => {
  test('not-found for a path without a file', () =>
    refuses({ model: join(folder, 'none') }, 'not-found', /none: .*check the path/))
  test('io for a folder', () => refuses({ model: folder }, 'io', /check the path/))
  test('not-found where the server has no such file', () =>
    refuses(
      { model: `${base}/none` },
      'not-found',
      /\/none: .* 404 Not Found; check that the file lies/,
    ))
  test('network where the server fails', () =>
    refuses({ model: `${base}/fails` }, 'network', /\/fails: .* 503/))
  test('network where no server answers', () =>
    refuses({ model: 'http://127.0.0.1:9/store' }, 'network', /127.0.0.1:9.*the network/))
  test('network where the transfer breaks off', () =>
    refuses({ model: `${base}/breaks-off` }, 'network', /\/breaks-off: .*broke off/))
  test('bad-format for a page instead of the model', async () => {
    await refuses({ model: `${base}/page` }, 'bad-format', /HTML page.*where the address points/)
    await refuses({ model: `${base}/page-without-type` }, 'bad-format', /HTML page/)
  })
  test('bad-format for a page instead of the engine, naming the way out', async () => {
    await refuses({ model: file, wasm: `${base}/page` }, 'bad-format', /HTML page.*`wasm`/)
    await refuses({ model: file, wasm: `${base}/page-without-type` }, 'bad-format', /HTML page/)
  })
  test('bad-format for an engine that is not WebAssembly', async () => {
    await refuses({ model: file, wasm: wasm.subarray(0, 999) }, 'bad-format', /engine is damaged/)
    await refuses({ model: file, wasm: `${base}/broken-engine` }, 'bad-format', /engine is damaged/)
  })
  test('bad-format for the WebAssembly of something else', () => {
    const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)
    return refuses({ model: file, wasm: empty }, 'bad-format', /same version of the package/)
  })
  test('TypeError for what no source is', async () => {
    await assert.rejects(createRecommender(), TypeError)
    await assert.rejects(createRecommender({}), TypeError)
    await assert.rejects(createRecommender({ model: 7 }), TypeError)
    await assert.rejects(createRecommender({ model: file, wasm: 7 }), TypeError)
  })
  test('TypeError for a Response that was read before', async () => {
    const response = new Response(file)
    await response.text()
    await assert.rejects(createRecommender({ model: response }), TypeError)
  })
})

suite('a signal gives up loading', () => {
  test('before it starts', () =>
    assert.rejects(createRecommender({ model: file, signal: AbortSignal.abort() }), {
      name: 'AbortError',
    }))
  test('while the model is on its way', async () => {
    const reason = new Error('left the page')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 200)
    const loading = createRecommender({ model: `${base}/never-ends`, signal: controller.signal })
    await assert.rejects(loading, reason)
  })
})
