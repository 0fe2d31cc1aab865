/**
 * Every kind of kernels in every browser that is installed: the same lists, to the bit, and each
 * fall-back where the browser itself refuses what is faster.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { createRecommender } from 'vitrine'
import { launch, listen, watchErrors } from '../support/browser.mjs'
import { listsByKind } from '../support/kernels.mjs'
import { missing, resultInFirefox, resultInWebKit } from '../support/other-browsers.mjs'
import { packageFiles } from '../support/package-files.mjs'
import { sampleProducts, vaeStore, writeTensorFile } from '../support/store-writer.mjs'

const stores = ['int8', 'int4'].map((dtype) =>
  writeTensorFile(vaeStore(sampleProducts(2500), { hidden: 200, latent: 40, dtype })),
)
const script = `
  import { createRecommender } from '/index.js'
  import { listsByKind, wrongSums } from '/kernels.mjs'
  try {
    const made = await listsByKind({ createRecommender }, '/int8')
    const int4 = await listsByKind({ createRecommender }, '/int4')
    for (const [i, { lists }] of int4.entries()) made[i].lists = made[i].lists.concat(lists)
    const pack = await (await fetch('/kernels.wasm')).arrayBuffer()
    const relaxed = WebAssembly.validate(pack)
    const wrong = relaxed ? await wrongSums(pack, ['pairs', 'fused']) : 'no relaxed SIMD'
    window.result = JSON.stringify({ made, wrong })
  } catch (error) {
    window.result = JSON.stringify({ error: String(error), stack: error.stack })
  }`

let server
let base
let expected
before(async () => {
  const files = {
    ...packageFiles,
    '/': [
      'text/html',
      '<!doctype html><title>Kernels</title><script type="module" src="/run.mjs"></script>',
    ],
    '/run.mjs': ['text/javascript', script],
    '/kernels.mjs': [
      'text/javascript',
      readFileSync(new URL('../support/kernels.mjs', import.meta.url)),
    ],
    '/int8': ['application/octet-stream', stores[0]],
    '/int4': ['application/octet-stream', stores[1]],
    '/favicon.ico': ['image/x-icon', ''],
  }
  server = createServer(({ url }, response) => {
    const [type, body] = files[url] ?? ['text/plain', undefined]
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': type,
      'content-security-policy': policy,
    })
    response.end(body)
  })
  base = await listen(server)
  const lists = async (store) => (await listsByKind({ createRecommender }, store))[0].lists
  expected = (await Promise.all(stores.map(lists))).flat()
})
after(() => {
  server?.closeAllConnections()
  server?.close()
})

function check(result, kinds) {
  const { made, wrong, error, stack } = JSON.parse(result)
  assert.equal(error, undefined, stack)
  assert.deepEqual(
    made.map(({ kernels }) => kernels),
    kinds,
  )
  for (const { lists } of made) assert.deepEqual(lists, expected)
  assert.deepEqual(wrong, kinds.includes('relaxed-simd') ? [] : 'no relaxed SIMD')
}

test('Chromium', async () => {
  const browser = await launch()
  try {
    const page = await browser.newPage()
    const errors = watchErrors(page)
    await page.goto(base)
    await page.waitForFunction(() => window.result)
    check(await page.evaluate(() => window.result), ['scalar', 'simd128', 'relaxed-simd'])
    assert.deepEqual(errors, [])
  } finally {
    await browser.close()
  }
})

test('Firefox', { skip: missing.firefox }, async () => {
  check(await resultInFirefox(base), ['scalar', 'simd128', 'relaxed-simd'])
})

test('Firefox that refuses relaxed SIMD', { skip: missing.firefox }, async () => {
  const preferences = { 'javascript.options.wasm_relaxed_simd': false }
  check(await resultInFirefox(base, preferences), ['scalar', 'simd128', 'simd128'])
})

test('WebKit, which has no relaxed dot product', { skip: missing.webkit }, async () => {
  check(await resultInWebKit(base), ['scalar', 'simd128', 'simd128'])
})

test('WebKit without SIMD', { skip: missing.webkit }, async () => {
  check(await resultInWebKit(base, { JSC_useWasmSIMD: '0' }), ['scalar', 'scalar', 'scalar'])
})
