/**
 * What the engine's download is made of: bytes of WebAssembly by feature, as they are and gzipped.
 *
 *   node tests/bench/size.mjs
 *
 * The engine is linked once more with the names of its functions; each belongs to the source file
 * whose object defines it, and what none defines to the C++ library and Embind. A feature is
 * compressed by itself, so that the parts add up to a little more than the whole.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Failure, main, read, root, run } from '../../web/scripts/run.mjs'
import { report, scratch } from './bench.mjs'

const build = join(root, 'build/wasm-release')
const nm = 'llvm-nm-14'

const features = {
  'loading a model file': /^(format|core)\//,
  'kernels: scan, products, gather, top k': /^kernels\//,
  'history and features': /^features\//,
  'models: vae, recvae, compact, gan': /^models\/(vae|recvae|gan|factor_model|layer_reader)/,
  'models: sequence': /^models\/sequence/,
  'models: linear, forward, item-knn, markov': /^models\/(linear|sparse)/,
  'models: blend': /^models\/blend/,
  'models: the rest': /^(models|layers|backend)\//,
  'lists and reasons': /^serve\//,
  'calls from the page': /^bindings\//,
  'C++ library and Embind': /^$/,
}

await main(async () => {
  const engine = join(scratch('size'), 'engine.js')
  const commands = read('ninja', ['-C', build, '-t', 'commands', 'bindings/engine.js'])
  const link = commands?.trimEnd().split('\n').at(-1)
  if (!link?.includes(' -o bindings/engine.js')) {
    throw new Failure('the engine is not built yet; run `npm run build` first.', 2)
  }
  const named = link.replace(' -o bindings/engine.js', ` --profiling-funcs -o ${engine}`)
  const env = { NODE_PATH: '/usr/share/nodejs' } // where Debian's Emscripten looks
  await run('sh', ['-c', named], { cwd: build, env, quiet: true })

  const origin = originOfSymbols()
  const bytes = Object.fromEntries(Object.keys(features).map((name) => [name, []]))
  for (const { name, body } of functionsOf(readFileSync(engine.replace(/js$/, 'wasm')))) {
    const file = origin.get(name) ?? ''
    const [feature] = Object.entries(features).find(([, pattern]) => pattern.test(file))
    bytes[feature].push(body)
  }
  const gzip = (data) => gzipSync(data, { level: 9 }).length
  const results = Object.entries(bytes).map(([feature, bodies]) => {
    const code = Buffer.concat(bodies)
    return { feature, functions: bodies.length, bytes: code.length, gzip_bytes: gzip(code) }
  })
  const whole = readFileSync(join(root, 'dist/engine.wasm'))
  results.push({ feature: 'engine.wasm', bytes: whole.length, gzip_bytes: gzip(whole) })
  console.table(results)
  report('size', results)
})

/** The source file, such as models/vae, of each function that one of our objects defines. */
function originOfSymbols() {
  const origin = new Map()
  const objects = readdirSync(build, { recursive: true }).filter((name) => name.endsWith('.cc.o'))
  for (const object of objects) {
    const folder = object.match(/(?:src\/)?(\w+)\/CMakeFiles/)?.[1]
    const file = `${folder}/${basename(object, '.cc.o')}`
    const table = read(nm, ['--demangle', '--defined-only', '--format=posix', join(build, object)])
    for (const line of (table ?? '').split('\n')) {
      const [, name, kind] = line.match(/^(.*) ([A-Za-z]) [0-9a-f]+ /) ?? []
      // Weak ones are the library's templates, if they do not say that they are ours.
      if (/[tT]/.test(kind ?? '') || (kind === 'W' && /\bvitrine::/.test(name))) {
        if (!origin.has(name)) origin.set(name, file)
      }
    }
  }
  return origin
}

/** Name and body of each function that a module with a name section defines. */
function functionsOf(module) {
  let at = 8
  const number = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  const text = () => {
    const length = number()
    at += length
    return module.toString('utf8', at - length, at)
  }
  const bodies = []
  const names = new Map()
  let imported = 0
  while (at < module.length) {
    const id = module[at++]
    const end = number() + at
    if (id === 2) {
      for (let left = number(); left > 0; --left) {
        text()
        text()
        const kind = module[at++]
        if (kind === 0) ++imported
        if (kind === 1) ++at // the kind of what the table holds
        if (kind === 3) at += 2
        else if (kind === 0 || number() === 0) number()
        else {
          number()
          number()
        }
      }
    } else if (id === 10) {
      for (let left = number(); left > 0; --left) {
        const length = number()
        bodies.push(module.subarray(at, at + length))
        at += length
      }
    } else if (id === 0 && text() === 'name') {
      while (at < end) {
        const part = module[at++]
        const partEnd = number() + at
        if (part === 1) for (let left = number(); left > 0; --left) names.set(number(), text())
        at = partEnd
      }
    }
    at = end
  }
  return bodies.map((body, i) => ({ name: names.get(imported + i) ?? '', body }))
}
