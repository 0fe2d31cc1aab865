/**
 * Our models beside the published figures, each under its exact protocol.
 *
 *   node tests/bench/published.mjs [--seeds 5] [--only ml-100k]
 *
 * The settings of a model were chosen on validation (`chosen` has what was tried and what validation
 * said); the test part is read once, with all seeds.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main, root } from '../../web/scripts/run.mjs'
import { report, runVitrine } from './bench.mjs'

const shared = join(root, '../shared/data')
const recvae = ['--variant', 'recvae', '--hidden', '300', '--latent', '100', '--gamma', '0.005']
const sets = {
  'ml-100k': {
    file: join(shared, 'cfgan-ml100k/ML100K.train'),
    flags: ['--format', 'cfgan', '--train', join(shared, 'cfgan-ml100k/ML100K.train')].concat([
      '--test',
      join(shared, 'cfgan-ml100k/ML100K.test'),
    ]),
    baselines: ['popularity', 'item-knn', 'linear'],
    models: {
      linear: ['--lambda', '50', '100', '200', '300', '400', '600', '800'],
      vae: [...recvae, '--dropout', '0.7'],
      blend: ['--parts', 'linear', 'vae', ...recvae, '--dropout', '0.7'],
    },
  },
  beauty: {
    file: join(shared, 'amazon-beauty/Beauty.txt'),
    flags: ['--format', 's3rec', '--input', join(shared, 'amazon-beauty/Beauty.txt')],
    baselines: ['popularity', 'item-knn'],
    models: { sequence: ['--patience', '10'] },
  },
}

await main(async () => {
  const options = { seeds: { type: 'string', default: '5' }, only: { type: 'string' } }
  const { values } = parseArgs({ options })
  const results = {}
  for (const [set, { file, flags, baselines, models }] of Object.entries(sets)) {
    if (values.only && values.only !== set) continue
    if (!existsSync(file)) throw new Failure(`${set} is not on this machine.`, 2)
    results[set] = {}
    for (const [model, settings] of Object.entries(models)) {
      const args = [...flags, '--model', model, '--seeds', values.seeds, ...settings]
      const { prepared, data, ...result } = runVitrine(
        'benchmark',
        ...args,
        '--baselines',
        ...baselines,
      )
      results[set][model] = { flags: settings.join(' '), ...result }
      const shown = Object.entries(result.metrics)
        .map(([name, { value }]) => `${name} ${value.toFixed(4)}`)
        .join('  ')
      console.error(`${set}  ${model}  ${shown}`)
    }
  }
  report('published', results)
})
