/** The benchmark's results as text for people. */

/** What one model at one size gave. */
export function resultsText({ results, skipped, bandwidth }) {
  const parts = []
  for (const host of new Set(results.map((row) => row.host))) {
    parts.push(
      `${host}: milliseconds a list; cold: the first after the others had the caches`,
      table(
        ['', 'median', 'p95', 'cold', 'overlap@20', 'times floor'],
        results
          .filter((row) => row.host === host)
          .map((row) => [
            `${row.contender}, ${row.precision}`,
            milliseconds(row.median_ms),
            milliseconds(row.p95_ms),
            milliseconds(row.cold_ms),
            row['overlap@20'].toFixed(3),
            row.floor_ratio?.toFixed(2) ?? '',
          ]),
      ),
    )
    const speeds = bandwidth.filter((it) => it.host === host)
    const texts = speeds.map((it) => `${megabytes(it.bytes)} MB at ${it.gb_per_s.toFixed(1)} GB/s`)
    if (texts.length > 0) parts.push(`  floor: ${texts.join(', ')}`)
  }
  for (const { host = 'every host', contender, precision, reason } of skipped) {
    const who = contender ? `${contender}, ${precision}` : 'everybody'
    parts.push(`  left out in ${host}: ${who}: ${reason}`)
  }
  return parts.join('\n')
}

export function startupText(startup, memory) {
  const head = 'A page: milliseconds from navigation to first list, and of a call; megabytes'
  const rows = startup.map((row, i) => [
    `${row.model} ${row.items}: ${row.contender}, ${row.precision}`,
    Math.round(row.first_list_ms).toString(),
    milliseconds(row.main_thread_list_ms),
    megabytes(memory[i].file_bytes),
    megabytes(memory[i].wasm_bytes),
    megabytes(memory[i].renderer_rss_bytes),
  ])
  return `${head}\n${table(['', 'first list', 'call', 'file', 'wasm', 'renderer'], rows)}`
}

export function downloadsText(downloads) {
  const rows = downloads.map(({ contender, raw, gzip, brotli }) => [
    contender,
    ...[raw, gzip, brotli].map((bytes) => bytes.toLocaleString('en')),
  ])
  const head = 'Download of JavaScript and WebAssembly, bytes'
  return `${head}\n${table(['', 'raw', 'gzip -9', 'brotli -11'], rows)}`
}

function table(head, rows) {
  const all = [head, ...rows]
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)))
  const pad = (cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))
  return all.map((row) => `  ${row.map(pad).join('  ')}`.trimEnd()).join('\n')
}

function milliseconds(value) {
  if (value === undefined) return ''
  return value.toFixed(value < 1 ? 3 : value < 100 ? 2 : 0)
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1)
}
