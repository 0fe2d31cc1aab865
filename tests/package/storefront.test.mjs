/** The demo shop's server. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createStorefront } from '../../examples/storefront/serve.mjs'
import { popularityStore, sampleProducts, writeTensorFile } from '../support/store-writer.mjs'

const script = fileURLToPath(new URL('../../examples/storefront/serve.mjs', import.meta.url))

let folder
let server
let requests
let base
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-storefront-'))
  const store = join(folder, 'store.safetensors')
  writeFileSync(store, writeTensorFile(popularityStore(sampleProducts(5))))
  writeFileSync(join(folder, 'mug.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  ;({ server, requests } = createStorefront({ store, pictures: folder, name: 'Tea & Co' }))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${server.address().port}`
})
after(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

test('every file has its type and the strict policy', async () => {
  const types = {
    '/': 'text/html; charset=utf-8',
    '/app.js': 'text/javascript; charset=utf-8',
    '/style/base.css': 'text/css; charset=utf-8',
    '/favicon.svg': 'image/svg+xml',
    '/shop.json': 'application/json',
    '/store.safetensors': 'application/octet-stream',
    '/vitrine/index.js': 'text/javascript; charset=utf-8',
    '/vitrine/engine.wasm': 'application/wasm',
  }
  for (const [path, type] of Object.entries(types)) {
    const response = await fetch(base + path)
    assert.equal(response.status, 200, path)
    assert.equal(response.headers.get('content-type'), type, path)
    const policy = response.headers.get('content-security-policy')
    assert.equal(policy, "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'")
    const body = await response.arrayBuffer()
    assert.equal(body.byteLength, Number(response.headers.get('content-length')), path)
  }
})

test('the shop’s name, currency and pictures come in one piece', async () => {
  const { name, currency, pictures } = await (await fetch(`${base}/shop.json`)).json()
  assert.deepEqual([name, currency], ['Tea & Co', 'EUR'])
  assert.deepEqual(Object.keys(pictures), ['mug.svg'])
})

test('only the shop’s own files are served', async () => {
  const paths = [
    '/serve.mjs',
    '/../node/recommend.mjs',
    '/vitrine/../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/vitrine/..%2f..%2fpackage-lock.json',
    '/vitrine/%2e%2e%2fbiome.json',
    '//etc/passwd',
    '/%00',
    '/%',
    '/style',
    '/none.js',
  ]
  for (const path of paths) assert.match(await rawGet(path), /^HTTP\/1.1 404 /, path)
})

/** fetch would tidy the path up before sending it. */
function rawGet(path) {
  return new Promise((resolve, reject) => {
    const { port } = server.address()
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n`)
    })
    socket.on('data', (data) => {
      answer += data
    })
    socket.on('end', () => resolve(answer)).on('error', reject)
  })
}

test('what writes is refused', async () => {
  assert.equal((await fetch(`${base}/`, { method: 'POST', body: 'x' })).status, 405)
})

test('every request is in the log', async () => {
  const before = requests.length
  await fetch(`${base}/none?a=1`)
  await fetch(`${base}/app.js`, { method: 'HEAD' })
  assert.deepEqual(requests.slice(before), [
    { method: 'GET', url: '/none?a=1' },
    { method: 'HEAD', url: '/app.js' },
  ])
})

const run = (...args) => spawnSync(execPath, [script, ...args], { encoding: 'utf8' })

test('the command says how it is called', () => {
  for (const flag of ['--help', '-h']) {
    const { status, stdout, stderr } = run(flag)
    assert.equal(status, 0)
    assert.equal(stderr, '')
    for (const option of ['--store FILE', '--pictures FOLDER', '--port', '--name', '--currency']) {
      assert.ok(stdout.includes(option), option)
    }
  }
})

test('the command says what it lacks', () => {
  const cases = [
    [[], /--store is missing/],
    [['--store', join(folder, 'none')], /none: no such file/],
    [['--store', join(folder, 'mug.svg'), '--pictures', join(folder, 'none')], /no such folder/],
    [['--store', join(folder, 'mug.svg'), '--port', `${server.address().port}`], /is taken/],
    [['--store', join(folder, 'mug.svg'), '--port', 'high'], /--port/],
  ]
  for (const [args, message] of cases) {
    const { status, stderr } = run(...args)
    assert.match(stderr, message)
    assert.equal(status, 2)
  }
})
