/**
 * Times Vitrine beside what a shop would take today: onnxruntime, TensorFlow.js and plain JavaScript,
 * all with the same weights. `npm run bench:peers -- --help` says more.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { installNpmPackages } from '../../../web/scripts/install.mjs'
import { Failure, main, root } from '../../../web/scripts/run.mjs'
import { bytesPerWeight, nativeContenders, workerContenders } from './contenders.mjs'
import { modelNames } from './models.mjs'

const hosts = ['chromium', 'webkit', 'node', 'node-native']

const usage = `npm run bench:peers -- [flags]

  --items 1000,10000,20108,100000,1000000    sizes of the catalogue
  --models model-m,compact,sequence          Mult-VAE 600-200-600; RecVAE with one table; transformer
  --hosts chromium,webkit,node,node-native   a page's workers (WebKit up to 20,108 products); worker threads;
                                             all cores of a server
  --contenders vitrine,onnxruntime-web       those whose names begin so; all if left out
  --precisions int8,f32                      of our own files
  --lists 100                                timed for each contender, after 168 to warm up (24 beyond 100,000 products)
  --no-startup                               leaves out downloads, first lists and memory
  --json                                     all of it as one line, last on stdout

Needs \`npm run build\` before. Writes tests/bench/results/peers.json and peers.svg.`

await main(async () => {
  const list = (text) => ({ type: 'string', default: text })
  const { values } = parseArgs({
    options: {
      items: list('1000,10000,20108,100000,1000000'),
      models: list('model-m,compact,sequence'),
      hosts: list('chromium,webkit,node,node-native'),
      contenders: list(''),
      precisions: list('int8,f32'),
      lists: list('100'),
      'no-startup': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const plan = {
    ...values,
    items: wholeNumbers('items', values.items),
    lists: wholeNumbers('lists', values.lists)[0],
    models: names('models', values.models, modelNames),
    hosts: names('hosts', values.hosts, hosts),
    precisions: names('precisions', values.precisions, Object.keys(bytesPerWeight)),
    contenders: beginnings('contenders', values.contenders),
    startup: !values['no-startup'],
  }
  if (!existsSync(join(root, 'dist/index.js'))) {
    throw new Failure('the package is not built yet; run `npm run build` first.', 2)
  }
  await installNpmPackages(fileURLToPath(new URL('.', import.meta.url)))
  const { runBenchmark } = await import('./benchmark.mjs')
  await runBenchmark(plan)
})

function wholeNumbers(flag, text) {
  const numbers = text.split(',').map(Number)
  if (numbers.every((n) => Number.isSafeInteger(n) && n > 0)) return numbers
  throw new Failure(`--${flag} ${text}: give whole numbers above 0, with commas between them.`, 2)
}

function names(flag, text, known) {
  const chosen = text.split(',')
  const unknown = chosen.find((name) => !known.includes(name))
  if (unknown === undefined) return chosen
  throw new Failure(`--${flag}: "${unknown}" is none of ${known.join(', ')}.`, 2)
}

/** Each has to be the beginning of a contender's name. */
function beginnings(flag, text) {
  const all = [...workerContenders(['f32']), ...nativeContenders(['f32'])].map(({ name }) => name)
  for (const begin of text.split(',')) {
    if (all.some((name) => name.startsWith(begin))) continue
    throw new Failure(`--${flag}: "${begin}" begins none of ${[...new Set(all)].join(', ')}.`, 2)
  }
  return text.split(',')
}
