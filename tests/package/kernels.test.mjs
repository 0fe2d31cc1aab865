/** Which kernels the engine computes with, and that all of them compute the same. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { createRecommender } from 'vitrine'
import { checkKernelPack } from '../../web/scripts/kernel-pack.mjs'
import { differencesFromGolden } from '../support/golden.mjs'
import { readServeCases } from '../support/golden-files.mjs'
import { listsByKind, wrongSums } from '../support/kernels.mjs'
import { packageFiles } from '../support/package-files.mjs'
import {
  popularityStore,
  sampleProducts,
  vaeStore,
  writeTensorFile,
} from '../support/store-writer.mjs'

// Node 20 has relaxed SIMD behind a flag; there, its fused form is not the one that this test wants:
// it computes wrongly, and is what the known answers are for.
const isNode20 = process.version.startsWith('v20.')
if (isNode20) setFlagsFromString('--experimental-wasm-relaxed-simd')

const [, engine] = packageFiles['/engine.wasm']
const [, scalar] = packageFiles['/engine-scalar.wasm']
const [, kernels] = packageFiles['/kernels.wasm']
const small = writeTensorFile(popularityStore(sampleProducts(20)))

async function kernelsOf(options) {
  const recommender = await createRecommender({ model: small, ...options })
  const { kernels } = recommender.describe()
  assert.equal((await recommender.recommend({ count: 3 })).items[0].id, 'SKU-0')
  recommender.close()
  return kernels
}

/** `bytes` with every `from` made `to`, a sequence of the same length. */
function patched(bytes, from, to) {
  const made = Buffer.from(bytes)
  let count = 0
  for (let at = made.indexOf(from); at >= 0; at = made.indexOf(from, at + from.length)) {
    made.set(to, at)
    ++count
  }
  assert.ok(count > 0, 'nothing to patch')
  return made
}
const simd = (opcode) => Buffer.from([0xfd, (opcode & 127) | 128, opcode >> 7])
const int32Add = simd(174)
const int32Subtract = simd(177)

suite('the engine computes with', () => {
  test('the most that there is', async () => assert.equal(await kernelsOf({}), 'relaxed-simd'))
  for (const kernels of ['relaxed-simd', 'simd128', 'scalar']) {
    test(`${kernels} where that is the most allowed`, async () =>
      assert.equal(await kernelsOf({ kernels }), kernels))
  }
  test('TypeError for what no kernels are', () =>
    assert.rejects(createRecommender({ model: small, kernels: 'fast' }), TypeError))

  test('an engine alone does without the pack', async () =>
    assert.equal(await kernelsOf({ wasm: engine }), 'simd128'))
  test('a scalar engine alone', async () =>
    assert.equal(await kernelsOf({ wasm: scalar }), 'scalar'))
  test('files named one by one', async () => {
    assert.equal(await kernelsOf({ wasm: { engine, kernels, scalar } }), 'relaxed-simd')
    assert.equal(await kernelsOf({ wasm: { engine } }), 'simd128')
    assert.equal(await kernelsOf({ wasm: { engine, scalar }, kernels: 'scalar' }), 'scalar')
  })
})

suite('the pack is looked for beside engine.wasm', () => {
  let folder
  let server
  let base
  const asked = []
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-kernels-'))
    for (const [name, [, bytes]] of Object.entries(packageFiles)) {
      writeFileSync(join(folder, name), bytes)
    }
    writeFileSync(join(folder, 'other.wasm'), engine)
    server = createServer(({ url }, response) => {
      asked.push(url)
      const [at, name] = url.split('?')[0].split(/(?=\/[^/]*$)/)
      const [type, bytes] = packageFiles[name] ?? []
      if (name === '/kernels.wasm' && at === '/never') return
      const missing = !bytes || (name === '/kernels.wasm' && at === '/without')
      const body = name === '/kernels.wasm' && at === '/page' ? '<!doctype html>' : bytes
      response.writeHead(missing ? 404 : 200, { 'content-type': type ?? 'text/html' }).end(body)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    base = `http://127.0.0.1:${server.address().port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })

  test('on disk', async () => {
    assert.equal(await kernelsOf({ wasm: join(folder, 'engine.wasm') }), 'relaxed-simd')
    assert.equal(await kernelsOf({ wasm: join(folder, 'other.wasm') }), 'simd128')
  })
  test('at an address, with what follows its name', async () => {
    const wasm = `${base}/with/engine.wasm?v=3`
    assert.equal(await kernelsOf({ wasm }), 'relaxed-simd')
    assert.equal(await kernelsOf({ wasm, kernels: 'scalar' }), 'scalar')
    const files = ['engine.wasm', 'kernels.wasm', 'engine-scalar.wasm']
    assert.deepEqual(asked.sort(), files.map((name) => `/with/${name}?v=3`).sort())
  })
  test('and done without where it is missing', async () => {
    assert.equal(await kernelsOf({ wasm: new URL('/without/engine.wasm', base) }), 'simd128')
  })
  test('and done without where a page comes instead', async () => {
    assert.equal(await kernelsOf({ wasm: `${base}/page/engine.wasm` }), 'simd128')
  })
  test('and not waited for where it never comes', async () => {
    assert.equal(await kernelsOf({ wasm: `${base}/never/engine.wasm` }), 'simd128')
  })
})

suite('what computes wrongly is told by known answers', () => {
  test('a pack that is cut short', async () => {
    const wasm = { engine, kernels: kernels.subarray(0, 500) }
    assert.equal(await kernelsOf({ wasm }), 'simd128')
  })
  test('a pack of something else', async () => {
    const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)
    assert.equal(await kernelsOf({ wasm: { engine, kernels: empty } }), 'simd128')
    assert.equal(await kernelsOf({ wasm: { engine, kernels: engine } }), 'simd128')
  })
  test('a pack that gives other sums', async () => {
    const wrong = patched(kernels, int32Add, int32Subtract)
    assert.equal(await kernelsOf({ wasm: { engine, kernels: wrong } }), 'simd128')
  })
  test('an engine that gives other sums, for which the scalar one stands in', async () => {
    const dot = simd(186) // i32x4.dot_i16x8_s
    const wrong = patched(engine, dot, simd(149)) // i16x8.mul
    assert.equal(await kernelsOf({ wasm: { engine: wrong, kernels, scalar } }), 'scalar')
    const alone = createRecommender({ model: small, wasm: wrong })
    await assert.rejects(alone, { code: 'unsupported', message: /computes wrongly/ })
  })
})

suite('the kernels of the pack', () => {
  test('give the sums of obvious loops', async () =>
    assert.deepEqual(await wrongSums(kernels, isNode20 ? ['pairs'] : ['pairs', 'fused']), []))
  test('a wrong one is told apart', async () =>
    assert.notDeepEqual(await wrongSums(patched(kernels, int32Add, int32Subtract), ['pairs']), []))

  test('are refused by the build with data, a stack or calls of their own', () => {
    const object = readFileSync(
      new URL('../../build/wasm-release/bindings/kernel_pack.o', import.meta.url),
    )
    checkKernelPack(object, kernels)
    assert.throws(() => checkKernelPack(object, engine), /wants function/)
    const data = Buffer.concat([kernels, Buffer.from([11, 7, 1, 0, 0x41, 0, 0x0b, 1, 65])])
    assert.throws(() => checkKernelPack(object, data), /has a data section/)
  })
})

suite('every kind gives the same lists, to the bit', () => {
  for (const [name, shape] of Object.entries({
    'int8, wide': { hidden: 600, latent: 200, dtype: 'int8' },
    'int8, narrow': { hidden: 33, latent: 8, dtype: 'int8' },
    'int4, wide': { hidden: 600, latent: 200, dtype: 'int4' },
    'int4, narrow': { hidden: 33, latent: 8, dtype: 'int4' },
    f32: { hidden: 100, latent: 20, dtype: 'f32' },
  })) {
    test(name, async () => {
      const model = writeTensorFile(vaeStore(sampleProducts(3001), shape))
      const [first, ...others] = await listsByKind({ createRecommender }, model)
      assert.deepEqual(
        [first, ...others].map(({ kernels }) => kernels),
        ['scalar', 'simd128', 'relaxed-simd'],
      )
      for (const { lists } of others) assert.deepEqual(lists, first.lists)
    })
  }
  for (const { golden, file } of readServeCases()) {
    test(golden.model, async () => {
      const [first, ...others] = await listsByKind({ createRecommender }, file)
      for (const { lists } of others) assert.deepEqual(lists, first.lists)
    })
  }
})

for (const kernels of ['scalar', 'relaxed-simd']) {
  suite(`lists are what the reference makes of the same file and history, by ${kernels}`, () => {
    const create = (options) => createRecommender({ ...options, kernels })
    for (const { golden, file } of readServeCases()) {
      test(golden.model, async () => {
        assert.deepEqual(
          await differencesFromGolden({ createRecommender: create }, file, golden),
          [],
        )
      })
    }
  })
}
