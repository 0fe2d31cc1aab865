/**
 * What adapting on the device gains: NDCG@20 over new products, shopper by shopper, beside the model
 * without it and beside EASE, whose history may decay.
 *
 *   node tests/bench/adapt.mjs [--only retailrocket]
 *
 * Online Retail and RetailRocket: five folds over the shoppers, all later new products, whole logs.
 * In each fold, settings are chosen on a tenth of the others, asked the same way, then models are
 * fitted to all of them and asked about the fold, once. The example shop: a fifth of 20,000 shoppers,
 * from the first event on.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main, read } from '../../web/scripts/run.mjs'
import {
  amongEarlier,
  onlineRetail,
  report,
  retailRocket,
  retailRocketLog,
  runVitrine,
  scratch,
} from './bench.mjs'

const task = ['--task', 'discovery', '--model', 'forward', '--adapt', '--baselines', 'linear']
const sets = {
  'online-retail': {
    file: onlineRetail,
    log: () => read('xz', ['-dkc', onlineRetail]),
    flags: [
      '--folds',
      '5',
      '--prefixes',
      '1',
      '2',
      '3',
      '5',
      '10',
      '--lambda',
      '300',
      '1000',
      '3000',
    ],
  },
  retailrocket: {
    file: retailRocket,
    log: () => retailRocketLog(),
    flags: [
      '--folds',
      '5',
      '--prefix-events',
      '10',
      '15',
      '20',
      '30',
      '50',
      '--lambda',
      '100',
      '300',
    ],
  },
  'example shop': {
    shop: ['--products', '2000', '--shoppers', '20000'],
    flags: ['--test-fraction', '0.2', '--prefix-events', '1', '2', '5', '10', '20'],
  },
}

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const folder = scratch('adapt')
  const results = {}
  for (const [set, { file, log, shop, flags }] of Object.entries(sets)) {
    if (values.only && values.only !== set) continue
    if (file && !existsSync(file)) throw new Failure(`${set} is not on this machine.`, 2)
    let path = join(folder, `${set}.csv`)
    if (shop) {
      const made = join(folder, 'shop')
      runVitrine('generate', ...shop, '--out', made, '--force')
      path = join(made, 'events.csv')
    } else {
      writeFileSync(path, log())
    }
    const split = ['--format', 'events', '--input', path, '--protocol', 'strong']
    const { adapt, settings, baselines, per_fold, seconds, peak_bytes } = runVitrine(
      'benchmark',
      ...split,
      ...flags,
      ...task,
    )
    const ease = baselines.linear.settings
    results[set] = {
      flags: [...flags, ...task].join(' '),
      ...adapt,
      model: settings,
      linear: ease,
      ...(per_fold && { chosen_per_fold: per_fold.map(({ adapt }) => adapt) }),
      seconds,
      peak_bytes,
    }
    print(set, adapt)
  }
  report('adapt', values.only ? amongEarlier('adapt', results) : results)
})

function print(set, { by_events = {}, ...group }) {
  const show = ({ value, low, high }) =>
    `${(100 * value).toFixed(1)} % [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`
  for (const each of [...Object.values(by_events), group]) {
    console.log(
      `${set}, ${each.events} events, ${each.cases} cases of ${each.shoppers} shoppers: ` +
        `${show(each['ndcg@20'])}; over EASE ${show(each.against.linear)}`,
    )
  }
}
