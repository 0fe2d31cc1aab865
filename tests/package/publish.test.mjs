/** The package as its users get it: packed, installed into an empty folder, imported, compiled. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { popularityStore, sampleProducts, writeTensorFile } from '../support/store-writer.mjs'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const tool = (name) => join(root, 'node_modules/.bin', name)
const npm = (...args) => run('npm', [...args, '--offline', '--no-audit', '--no-fund'])

let folder
let tarball
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-consumer-'))
  await npm('pack', root, '--pack-destination', folder, '--ignore-scripts')
  tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  await npm('install', '--prefix', folder, join(folder, tarball))
})
after(() => rmSync(folder, { recursive: true }))

/** Runs a module in the consumer's folder and returns what it prints. */
async function runModule(script, ...flags) {
  const args = [...flags, '--input-type=module', '--eval', script]
  return (await run(execPath, args, { cwd: folder, timeout: 30_000 })).stdout.trim()
}

test('the package holds what it names, and nothing else', () => {
  const installed = join(folder, 'node_modules/vitrine')
  const files = readdirSync(installed, { recursive: true }).filter((name) => /\.\w+$/.test(name))
  const unexpected = files.filter(
    (name) =>
      !/^(dist\/(index\.js(\.map)?|[\w-]+\.wasm|[\w-]+\.d\.ts)|package\.json|README\.md|LICENSE)$/.test(
        name,
      ),
  )
  assert.deepEqual(unexpected, [])
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  assert.equal(manifest.dependencies, undefined)
  assert.deepEqual(
    readdirSync(join(folder, 'node_modules')).filter((name) => name[0] !== '.'),
    ['vitrine'],
  )
})

test('installed, it ranks', async () => {
  writeFileSync(
    join(folder, 'store.safetensors'),
    writeTensorFile(popularityStore(sampleProducts(9))),
  )
  const printed = await runModule(`
    import { createRecommender } from 'vitrine'
    const recommender = await createRecommender({ model: 'store.safetensors' })
    const { items } = await recommender.recommend({ count: 2 })
    console.log(items.map(({ product }) => product.title).join(', '))
  `)
  assert.equal(printed, 'Product 0, Product 1')
})

test('importing it on a server does nothing', async () => {
  // Whatever an import might reach for throws, or is not there, as on a server.
  const printed = await runModule(`
    const touched = []
    const trap = (name) => Object.defineProperty(globalThis, name, {
      get() { touched.push(name); throw new Error('import touched ' + name) },
    })
    for (const name of ['fetch', 'WebAssembly', 'Worker', 'window', 'self', 'location', 'navigator',
      'localStorage', 'indexedDB', 'setTimeout', 'setInterval', 'queueMicrotask', 'XMLHttpRequest']) {
      trap(name)
    }
    const before = Object.getOwnPropertyNames(globalThis)
    const names = Object.keys(await import('vitrine'))
    const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name))
    console.log(JSON.stringify({ names, added, touched }))
  `)
  const expected = { names: ['VitrineError', 'createRecommender'], added: [], touched: [] }
  assert.deepEqual(JSON.parse(printed), expected)
})

test('it runs where code may not be made from strings', async () => {
  const flag = '--disallow-code-generation-from-strings'
  const script = `
    import { createRecommender } from 'vitrine'
    let refused = false
    try { new Function('') } catch { refused = true }
    const recommender = await createRecommender({ model: 'store.safetensors' })
    recommender.track({ event: 'view', id: 'SKU-3' })
    console.log(refused, (await recommender.recommend({ count: 1 })).items.length)
  `
  assert.equal(await runModule(script, flag), 'true 1')
})

suite('its types compile', () => {
  for (const [module, moduleResolution] of [
    ['esnext', 'bundler'],
    ['nodenext', 'nodenext'],
  ]) {
    test(`under ${moduleResolution}`, async () => {
      copyFileSync(join(root, 'tests/package/consumer/shop.ts'), join(folder, 'shop.ts'))
      const options = { module, moduleResolution, target: 'es2022' }
      const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
      const args = [...flags, '--strict', '--exactOptionalPropertyTypes', '--noEmit', 'shop.ts']
      const { stdout } = await run(tool('tsc'), args, { cwd: folder }).catch((error) => error)
      assert.equal(stdout, '')
    })
  }
})

test('publint has nothing to say', async () => {
  const { stdout } = await run(tool('publint'), ['run', join(folder, tarball), '--strict'])
  assert.match(stdout, /All good!/)
})

test('its types are found wherever an ES module can be imported', async () => {
  const wasm = ['engine.wasm', 'engine-scalar.wasm', 'kernels.wasm']
  const args = ['--profile', 'esm-only', '--exclude-entrypoints', ...wasm]
  await run(tool('attw'), [join(folder, tarball), ...args]).catch(({ stdout }) =>
    assert.fail(stdout),
  )
})

test('bundled by esbuild it keeps the address of its engine', async () => {
  writeFileSync(
    join(folder, 'app.js'),
    `import { createRecommender } from 'vitrine'
    globalThis.start = () => createRecommender({ model: '/store.safetensors' })`,
  )
  await run(tool('esbuild'), ['app.js', '--bundle', '--format=esm', '--outfile=app.out.js'], {
    cwd: folder,
  })
  const bundle = readFileSync(join(folder, 'app.out.js'), 'utf8')
  for (const file of ['engine', 'engine-scalar', 'kernels']) {
    assert.match(bundle, new RegExp(`new URL\\("\\./${file}\\.wasm", ?import\\.meta\\.url\\)`))
  }
  writeFileSync(join(folder, 'empty.js'), `import 'vitrine'`)
  const args = ['empty.js', '--bundle', '--format=esm', '--log-level=error']
  const { stdout } = await run(tool('esbuild'), args, { cwd: folder })
  assert.ok(!stdout.includes('vitrine'), 'an unused import must leave nothing')
})

test('bundled as a classic script it asks for the address of its engine', async () => {
  writeFileSync(
    join(folder, 'classic.js'),
    `import { createRecommender } from 'vitrine'
    const model = 'store.safetensors'
    const wasm = 'node_modules/vitrine/dist/engine.wasm'
    createRecommender({ model })
      .catch(({ code, message }) => console.log(code, message.includes('wasm:')))
      .then(() => createRecommender({ model, wasm }))
      .then(({ catalogue }) => console.log(catalogue.size))`,
  )
  const flags = ['--bundle', '--format=iife', '--external:node:*', '--outfile=classic.out.cjs']
  await run(tool('esbuild'), ['classic.js', ...flags, '--log-level=error'], { cwd: folder })
  const { stdout } = await run(execPath, ['classic.out.cjs'], { cwd: folder, timeout: 30_000 })
  assert.equal(stdout, 'unsupported true\n9\n')
})

test('it stays small', async () => {
  const { stdout } = await run(tool('size-limit'), ['--json'], { cwd: root })
  const sizes = JSON.parse(stdout)
  assert.equal(sizes.length, 5)
  for (const { name, size, passed } of sizes) assert.ok(passed, `${name}: ${size} bytes`)
})

test('no address outside the shop is in it', () => {
  const code = readFileSync(join(root, 'dist/index.js'), 'utf8')
  assert.deepEqual(code.match(/https?:\/\/[^"'`\s]+/g) ?? [], [])
  for (const way of ['sendBeacon', 'WebSocket', 'EventSource', 'RTCPeerConnection', 'new Image']) {
    assert.ok(!code.includes(way), way)
  }
})
