/**
 * Shoppers before and after their first events: a gan that is told who they are, beside rivals; and
 * what the shoppers that it makes up from noise alone teach.
 *
 *   node tests/bench/cold-start.mjs [--only ml-100k | shop | online-retail | online-retail-time]
 *
 * NDCG@20 of all that a shopper goes on to want, after exactly 0, 1, 2, 3, 5 and 10 events, also of
 * the generator without its adversary; differences are to popularity within the same context, shrunken
 * to that of all.
 *
 * ml-100k             every user once in five folds: age, sex and occupation are the context, ratings
 *                     from 4 on what a user likes.
 * shop                an example shop; country, device, channel and landing page are the context. How
 *                     much of the way from popularity to the best possible list for the context, which
 *                     is known there, the generator goes.
 * online-retail       a fifth of the customers held out; country and the month of the first purchase.
 *                     Exactly one event is the first product of the first basket. The history of
 *                     item-knn decays where validation says so.
 * online-retail-time  customers who are new from 2011-10-01 on.
 *
 * `transfer`: NDCG@20 on real test shoppers of EASE that was trained on made-up ones alone, as a share
 * of that of EASE trained on the real ones.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main, read, root } from '../../web/scripts/run.mjs'
import { amongEarlier, onlineRetail, runVitrine, save, scratch } from './bench.mjs'

const ratings = join(root, '../shared/data/ml-100k/u.data')
const folder = scratch('cold-start')

/** The Online Retail log, unpacked. */
function onlineRetailLog() {
  const log = join(folder, 'online-retail.csv')
  if (!existsSync(log)) writeFileSync(log, read('xz', ['-dkc', onlineRetail]))
  return log
}

function exampleShop() {
  const shop = join(folder, 'shop')
  runVitrine('generate', '--out', shop, '--shoppers', '20000', '--force')
  return shop
}

const gan = ['--model', 'gan', '--epochs', '40', '--patience', '40']
const months = ['--model', 'gan', '--context-month', '--epochs', '25', '--patience', '25']
const contexts = ['--model', 'gan', '--context-only', '0.5', '--epochs', '10', '--patience', '10']
const rivals = ['--baselines', 'popularity', 'linear', 'item-knn', 'vae', 'dae']
const parts = {
  'ml-100k': {
    file: ratings,
    split: () => ['--format', 'movielens', '--input', ratings, '--folds', '5'],
    flags: gan,
  },
  shop: {
    split: () => {
      const shop = exampleShop()
      return ['--format', 'events', '--input', `${shop}/events.csv`, '--shop', shop].concat([
        '--protocol',
        'strong',
      ])
    },
    flags: contexts,
  },
  'online-retail': {
    file: onlineRetail,
    split: () =>
      ['--format', 'events', '--input', onlineRetailLog()].concat([
        '--protocol',
        'strong',
        '--test-fraction',
        '0.2',
      ]),
    flags: months,
  },
  'online-retail-time': {
    file: onlineRetail,
    split: () =>
      ['--format', 'events', '--input', onlineRetailLog()].concat([
        '--protocol',
        'time',
        '--cut',
        '2011-10-01',
      ]),
    flags: months,
  },
}

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  if (values.only && !parts[values.only]) {
    throw new Failure(`--only takes one of ${Object.keys(parts).join(', ')}.`, 2)
  }
  const results = {}
  for (const [part, { file, split, flags }] of Object.entries(parts)) {
    if (values.only && values.only !== part) continue
    if (file && !existsSync(file)) throw new Failure(`${part} is not on this machine.`, 2)
    const from = split()
    results[part] = {}
    const variants = { generator: flags, without_adversary: [...flags, '--adversary', '0'] }
    for (const [variant, which] of Object.entries(variants)) {
      const found = runVitrine('benchmark', ...from, ...which, ...rivals)
      const { cold_start, generated, settings, seconds } = found
      results[part][variant] = { flags: which.join(' '), settings, seconds, cold_start, generated }
      print(`${part}, ${variant}`, cold_start, generated)
      save('cold-start', amongEarlier('cold-start', results))
    }
  }
})

/** A table in Markdown: a row per model, a column per number of events. */
function print(variant, coldStart, generated) {
  const answers = Object.entries(coldStart).filter(([, { cases }]) => cases)
  const names = new Set(answers.flatMap(([, answer]) => Object.keys(answer)))
  console.log(`\n| ${variant}, NDCG@20 after | ${answers.map(([n]) => n).join(' | ')} |`)
  console.log(`|---|${answers.map(() => '--:').join('|')}|`)
  for (const name of names) {
    if (name === 'cases' || name === 'gap_closed') continue
    const cells = answers.map(([, answer]) => {
      if (!answer[name]) return ''
      const { diff, low, high, relative } = answer[name].difference
      const ahead = diff === 0 ? '' : ` (${(100 * relative).toFixed(1)} %)`
      const mark = low > 0 || high < 0 ? '' : ' ~'
      return answer[name]['ndcg@20'].value.toFixed(4) + ahead + mark
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
  for (const [, { gap_closed }] of answers) {
    if (gap_closed) console.log(`gap closed: ${JSON.stringify(gap_closed)}`)
  }
  if (generated?.transfer) console.log(`transfer: ${JSON.stringify(generated.transfer)}`)
}
