/** The benchmark's results as tables for people. */

export function printResults({ results, skipped, bandwidth }) {
  for (const host of new Set(results.map((row) => row.host))) {
    const rows = results.filter((row) => row.host === host)
    console.log(`\n${host}: milliseconds a list`)
    print(
      ['', 'median', 'p95', 'cold', 'overlap@20', 'times floor'],
      rows.map((row) => [
        `${row.contender}, ${row.precision}`,
        milliseconds(row.median_ms),
        milliseconds(row.p95_ms),
        milliseconds(row.cold_ms),
        row['overlap@20'].toFixed(3),
        row.floor_ratio?.toFixed(2) ?? '',
      ]),
    )
    const speeds = bandwidth.filter((it) => it.host === host)
    const texts = speeds.map((it) => `${megabytes(it.bytes)} MB at ${it.gb_per_s.toFixed(1)} GB/s`)
    if (texts.length > 0) console.log(`  floor: ${texts.join(', ')}`)
  }
  for (const { host, contender, precision, reason } of skipped) {
    console.log(`  left out in ${host}: ${contender}, ${precision}: ${reason}`)
  }
}

export function printStartup(startup, memory) {
  if (startup.length === 0) return
  console.log('\nA page: milliseconds from navigation to first list, and of a call; megabytes')
  print(
    ['', 'first list', 'call', 'file', 'wasm', 'renderer'],
    startup.map((row, i) => [
      `${row.model} ${row.items}: ${row.contender}, ${row.precision}`,
      Math.round(row.first_list_ms).toString(),
      milliseconds(row.main_thread_list_ms),
      megabytes(memory[i].file_bytes),
      megabytes(memory[i].wasm_bytes),
      megabytes(memory[i].renderer_rss_bytes),
    ]),
  )
}

export function printDownloads(downloads) {
  if (downloads.length === 0) return
  console.log('\nDownload of JavaScript and WebAssembly, bytes')
  print(
    ['', 'raw', 'gzip -9', 'brotli -11'],
    downloads.map(({ contender, raw, gzip, brotli }) => [
      contender,
      ...[raw, gzip, brotli].map((bytes) => bytes.toLocaleString('en')),
    ]),
  )
}

function print(head, rows) {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)))
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
    )
    console.log(`  ${cells.join('  ')}`.trimEnd())
  }
}

function milliseconds(value) {
  if (value === undefined) return ''
  return value.toFixed(value < 1 ? 3 : value < 100 ? 2 : 0)
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1)
}
