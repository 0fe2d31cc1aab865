/**
 * `vitrine prepare` on Online Retail repeated to ten million rows: rows a second, peak memory.
 *
 *   node tests/bench/prepare.mjs [--rows 10000000]
 *
 * Each repetition has its own customers and invoices, so that no row repeats another.
 */
import { once } from 'node:events'
import { createWriteStream, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, main, read } from '../../web/scripts/run.mjs'
import { onlineRetail, report, runVitrine, scratch } from './bench.mjs'

await main(async () => {
  const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000000' } } })
  if (!existsSync(onlineRetail))
    throw new Failure('The Online Retail log is not on this machine.', 2)
  const folder = scratch('prepare')
  const log = join(folder, 'events.csv')
  await repeat(read('xz', ['-dkc', onlineRetail]), Number(values.rows), log)

  const data = join(folder, 'data')
  const runs = []
  for (let i = 0; i < 3; ++i) {
    const { rows, seconds, rows_per_second, peak_bytes } = runVitrine(
      'prepare',
      '--events',
      log,
      '--out',
      data,
      '--force',
    )
    runs.push({ rows, seconds, rows_per_second, peak_bytes })
  }
  report('prepare', runs)
  for (const made of [log, data]) rmSync(made, { recursive: true, force: true })
})

/** Writes `text`, a CSV with InvoiceNo first and CustomerID last but one, over and over. */
async function repeat(text, nRows, path) {
  const lines = text.trimEnd().split('\n')
  const file = createWriteStream(path)
  file.write(`${lines[0]}\n`)
  const customer = /,(\d+)(\.0)?,([^,]*)$/
  for (let written = 0, copy = 0; written < nRows; ++copy) {
    const last = Math.min(lines.length, nRows - written + 1)
    for (let first = 1; first < last; first += 50_000) {
      const part = lines
        .slice(first, Math.min(last, first + 50_000))
        .map((line) => line.replace(/^(C?)/, `$1${copy}-`).replace(customer, `,${copy}-$1,$3`))
      if (!file.write(`${part.join('\n')}\n`)) await once(file, 'drain')
    }
    written += last - 1
  }
  file.end()
  await once(file, 'finish')
}
