/**
 * How far reasons can be trusted: deletion and insertion curves of the first product recommended, in
 * the order of the reasons against random order and the latest first, paired shopper by shopper with
 * bootstrap 95 % intervals over 500 shoppers of the test part; and how much of a score the reasons
 * leave to what products say only together.
 *
 *   node tests/bench/reasons.mjs [--only shop]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main, read } from '../../web/scripts/run.mjs'
import {
  amongEarlier,
  median,
  onlineRetail,
  quantile,
  runVitrine,
  save,
  scratch,
} from './bench.mjs'

const sets = { 'online-retail': '2011-10-01', shop: '2024-11-25' } // where the test part begins
const models = {
  linear: ['--model', 'linear', '--lambda', '300'],
  forward: ['--model', 'forward', '--lambda', '300'],
  'item-knn': ['--model', 'item-knn', '--shrink', '10', '--alpha', '0.5'],
  compact: ['--model', 'vae', '--variant', 'compact', '--epochs', '20'],
  vae: ['--model', 'vae', '--epochs', '20'],
  gan: ['--model', 'gan', '--epochs', '20'],
  sequence: ['--model', 'sequence', '--epochs', '6', '--negatives', '512'],
  blend: ['--model', 'blend', '--parts', 'linear', 'vae', '--lambda', '300', '--epochs', '20'],
}
const nShoppers = 40

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const folder = scratch('reasons')
  const [log, data, model] = ['log.csv', 'data', 'model'].map((name) => join(folder, name))
  for (const [set, cut] of Object.entries(sets)) {
    if (values.only && values.only !== set) continue
    if (set === 'shop') {
      const shop = join(folder, 'shop')
      runVitrine('generate', '--products', '2000', '--shoppers', '20000', '--out', shop, '--force')
      writeFileSync(log, readFileSync(join(shop, 'events.csv')))
    } else {
      if (!existsSync(onlineRetail)) throw new Failure('Online Retail is not on this machine.', 2)
      writeFileSync(log, read('xz', ['-dkc', onlineRetail]))
    }
    runVitrine('prepare', '--events', log, '--cut', cut, '--out', data, '--force')
    const shoppers = shoppersOf(log)
    const rows = {}
    for (const [name, flags] of Object.entries(models)) {
      const out = ['--data', data, '--out', model, '--force', '--task', 'discovery', '--no-refit']
      runVitrine('train', ...out, ...flags)
      const { cases, deletion, insertion } = runVitrine('explain', '--model', model, '--data', data)
      const lists = shoppers.map(
        (shopper) =>
          runVitrine('explain', '--model', model, '--data', data, '--shopper', shopper).items,
      )
      rows[name] = {
        cases,
        deletion: deletion.better_than,
        insertion: insertion.better_than,
        ...agreement(lists.flat()),
      }
      console.error(set, name, JSON.stringify(rows[name]))
      save('reasons', amongEarlier('reasons', { [set]: rows }))
    }
  }
})

/**
 * Of products with reasons: how far base + contributions + interaction are from the score, at most,
 * and which share of what the history does to the score is the interaction.
 */
function agreement(items) {
  const sum = ({ reasons }) => reasons.reduce((total, { contribution }) => total + contribution, 0)
  const off = (item) => Math.abs(item.base + sum(item) + item.interaction - item.score)
  const together = ({ interaction, score, base }) =>
    Math.abs(interaction) / Math.max(1e-9, Math.abs(score - base))
  const shares = items.map(together)
  return {
    explained: items.length,
    sum_off_at_most: Math.max(...items.map((item) => off(item) / (1 + Math.abs(item.score)))),
    interaction_share: { median: median(shares), p90: quantile(shares, 0.9) },
  }
}

/** Shoppers of some events, from the first to the last of the log. */
function shoppersOf(log) {
  const [head, ...lines] = readFileSync(log, 'utf8').trimEnd().split('\n')
  const names = head.split(',').map((name) => name.toLowerCase())
  const column = names.findIndex((name) => /customer|user|shopper/.test(name))
  const events = new Map()
  for (const line of lines) {
    const shopper = line.split(',').at(column - names.length) // texts before it may have commas
    if (shopper) events.set(shopper, (events.get(shopper) ?? 0) + 1)
  }
  const known = [...events].filter(([, n]) => n >= 5 && n <= 200).map(([shopper]) => shopper)
  return Array.from(
    { length: nShoppers },
    (_, i) => known[Math.floor((i * known.length) / nShoppers)],
  )
}
