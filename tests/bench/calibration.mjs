/**
 * Whether probabilities come true: the first 20 products of every list of the test part, beside the
 * rates at which those of the other test shoppers came true, all together or place by place.
 *
 *   node tests/bench/calibration.mjs [--only online-retail]
 *
 * Online Retail, the test part from 2011-10-01, and an example shop of 10,000 shoppers; new products,
 * and the next basket whole. Calibrations are fitted on validation alone.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main, read } from '../../web/scripts/run.mjs'
import { amongEarlier, onlineRetail, report, runVitrine, save, scratch } from './bench.mjs'

const models = {
  forward: ['--model', 'forward'],
  linear: ['--model', 'linear'],
  compact: ['--model', 'vae', '--variant', 'compact', '--epochs', '25'],
  sequence: ['--model', 'sequence', '--epochs', '4'],
}
const sets = {
  'online-retail': (folder) => {
    if (!existsSync(onlineRetail)) {
      throw new Failure('The Online Retail log is not on this machine.', 2)
    }
    const log = join(folder, 'events.csv')
    writeFileSync(log, read('xz', ['-dkc', onlineRetail]))
    return ['--events', log, '--cut', '2011-10-01']
  },
  'example shop': (folder) => {
    const shop = join(folder, 'shop')
    runVitrine(
      'generate',
      ...['--products', '1000', '--shoppers', '10000', '--out', shop, '--force'],
    )
    return ['--events', join(shop, 'events.csv'), '--products', join(shop, 'products.csv')]
  },
}
const tasks = { 'next-basket': ['forward', 'linear'], discovery: Object.keys(models) }

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const results = {}
  for (const [set, make] of Object.entries(sets)) {
    if (set !== (values.only ?? set)) continue
    const folder = scratch('calibration')
    const data = join(folder, 'data')
    runVitrine('prepare', ...make(folder), '--out', data, '--force')
    results[set] = {}
    for (const [task, names] of Object.entries(tasks)) {
      results[set][task] = {}
      for (const name of names) {
        const model = join(folder, name)
        const asked = ['--data', data, '--task', task]
        runVitrine('train', ...asked, ...models[name], '--out', model, '--force')
        const { calibration, metrics } = runVitrine('evaluate', ...asked, '--model', model)
        results[set][task][name] = {
          flags: models[name].join(' '),
          ...calibration,
          'ndcg@20': metrics['ndcg@20'].value,
        }
        print(set, task, name, calibration)
        save('calibration', amongEarlier('calibration', results))
      }
    }
  }
  report('calibration', amongEarlier('calibration', results))
})

function print(set, task, name, { base, bins, shown, hits, ...measures }) {
  const show = ({ value, low, high }) =>
    `${value.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`
  const [brier, loss] = ['brier@20', 'log_loss@20']
  console.error(
    `${set}, ${task}, ${name}: ECE ${show(measures['ece@20'])}, came true ${(hits / shown).toFixed(4)}; ` +
      `Brier ${show(measures[brier])} (one rate ${base.overall[brier].toFixed(4)}, by place ${base.by_place[brier].toFixed(4)}); ` +
      `log loss ${show(measures[loss])} (${base.overall[loss].toFixed(4)}, ${base.by_place[loss].toFixed(4)})`,
  )
}
