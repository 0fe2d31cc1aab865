/**
 * Training speed and memory of every model, on the example shop.
 *
 *   node tests/bench/train.mjs [--runs 3]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { main } from '../../web/scripts/run.mjs'
import { median, report, runVitrine, scratch } from './bench.mjs'

const models = {
  vae: ['--epochs', '10', '--no-refit'],
  linear: ['--lambda', '200', '--no-refit'],
  'item-knn': ['--neighbours', '200', '--shrink', '10', '--half-life-days', '0', '--no-refit'],
  popularity: ['--window-days', '0', '--no-refit'],
  'personal-frequency': ['--half-life-days', '0', '--no-refit'],
}

await main(async () => {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' } } })
  const folder = scratch('train')
  const [shop, data, out] = ['shop', 'data', 'model'].map((name) => join(folder, name))
  runVitrine('generate', '--out', shop, '--force')
  const { rows } = runVitrine(
    'prepare',
    '--events',
    join(shop, 'events.csv'),
    '--out',
    data,
    '--force',
  )
  const results = { rows, models: {} }
  for (const [model, flags] of Object.entries(models)) {
    const runs = Array.from({ length: Number(values.runs) }, () =>
      runVitrine('train', '--data', data, '--out', out, '--model', model, '--force', ...flags),
    )
    results.models[model] = {
      seconds: median(runs.map((run) => run.seconds)),
      ...(runs[0].samples_per_second && {
        shoppers_per_second: median(runs.map((run) => run.samples_per_second)),
      }),
      peak_bytes: median(runs.map((run) => run.peak_bytes)),
    }
  }
  report('train', results)
})
