/** The medians of one host as an SVG: a panel for each model, both axes logarithmic. */

const titles = {
  'model-m': 'Mult-VAE 600-200-600',
  compact: 'RecVAE, one table of 128',
  sequence: 'Transformer of width 64',
}

/** Of a peer's exports the better one at each size stands for it. */
const series = [
  { label: 'Vitrine, int8', contender: 'vitrine', precision: 'int8' },
  { label: 'Vitrine, f32', contender: 'vitrine', precision: 'f32' },
  { label: 'onnxruntime-web, f32', contender: 'onnxruntime-web', precision: 'f32' },
  { label: 'onnxruntime-web, int8', contender: 'onnxruntime-web', precision: 'int8' },
  { label: 'plain JavaScript, f32', contender: 'javascript', precision: 'f32' },
  { label: 'TensorFlow.js, f32', contender: 'tfjs-wasm', precision: 'f32' },
  { label: 'reading the int8 weights', contender: 'vitrine', precision: 'int8', key: 'floor_ms' },
]

const size = { width: 800, height: 396 }
const panel = { left: 52, top: 116, width: 226, height: 226, gap: 22 }

/** Of the page's results, or else of Node's; undefined where there are neither. */
export function plot(results) {
  const host = ['chromium', 'node'].find((name) => results.some((row) => row.host === name))
  if (host === undefined) return undefined
  const rows = results.filter((row) => row.host === host)
  const models = Object.keys(titles).filter((model) => rows.some((row) => row.model === model))
  const lines = models.map((model) => linesOf(rows.filter((row) => row.model === model)))
  const points = lines.flat().flatMap(({ points }) => points)
  const xs = decades(points.map(({ items }) => items))
  const ys = decades(points.map(({ ms }) => ms))
  const where = host === 'chromium' ? 'Chromium' : 'Node'
  const parts = [
    text(panel.left, 28, `A list of 20 in ${where}, one thread: median milliseconds`, 'title'),
    legend(),
    ...models.map((model, i) => {
      const left = panel.left + i * (panel.width + panel.gap)
      return drawPanel({ left, title: titles[model], lines: lines[i], xs, ys, isFirst: i === 0 })
    }),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img">
<title>Median milliseconds of a list by size of the catalogue</title>
<style>${style}</style>
<rect class="ground" width="${size.width}" height="${size.height}" rx="8"/>
${parts.join('\n')}
</svg>
`
}

function linesOf(rows) {
  return series.map(({ contender, precision, key = 'median_ms' }) => {
    const best = new Map()
    for (const row of rows) {
      if (!row.contender.startsWith(contender) || row.precision !== precision) continue
      const ms = row[key]
      if (ms !== undefined && !(best.get(row.items) <= ms)) best.set(row.items, ms)
    }
    const points = [...best].map(([items, ms]) => ({ items, ms }))
    return { points: points.sort((a, b) => a.items - b.items) }
  })
}

function drawPanel({ left, title, lines, xs, ys, isFirst }) {
  const { top, width, height } = panel
  const x = scale(xs, left + 8, left + width - 8)
  const y = scale(ys, top + height, top)
  const parts = [text(left, top - 12, title, 'panel')]
  for (const value of powers(ys)) {
    parts.push(`<path class="grid" d="M${left} ${round(y(value))}h${width}"/>`)
    if (isFirst) parts.push(text(left - 8, y(value) + 4, short(value), 'tick end'))
  }
  for (const value of powers(xs)) {
    parts.push(text(x(value), top + height + 20, short(value), 'tick middle'))
  }
  parts.push(text(left + width / 2, top + height + 40, 'products', 'tick middle'))
  for (const [i, { points }] of [...lines.entries()].reverse()) {
    const places = points.map(({ items, ms }) => [round(x(items)), round(y(ms))])
    if (places.length > 1) parts.push(`<path class="line s${i}" d="M${places.join('L')}"/>`)
    for (const [cx, cy] of places)
      parts.push(`<circle class="dot s${i}" cx="${cx}" cy="${cy}" r="3"/>`)
  }
  return parts.join('\n')
}

function legend() {
  const columns = [0, 176, 336, 530]
  return series
    .map(({ label }, i) => {
      const left = panel.left + columns[i % columns.length]
      const y = 54 + 22 * Math.floor(i / columns.length)
      return `<path class="line s${i}" d="M${left} ${y}h22"/>${text(left + 28, y + 4, label, 'legend')}`
    })
    .join('\n')
}

/** The powers of ten around all of `values`. */
function decades(values) {
  const exponents = values.map((value) => Math.log10(value))
  return [Math.floor(Math.min(...exponents)), Math.ceil(Math.max(...exponents))]
}

function powers([from, to]) {
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i))
}

function scale([from, to], start, end) {
  return (value) => start + ((end - start) * (Math.log10(value) - from)) / (to - from || 1)
}

function text(x, y, content, classes) {
  return `<text class="${classes}" x="${round(x)}" y="${round(y)}">${content}</text>`
}

function short(value) {
  if (value >= 1e6) return `${value / 1e6}M`
  if (value >= 1e3) return `${value / 1e3}k`
  return Number(value.toPrecision(1)).toString().replace(/^0\./, '.')
}

function round(value) {
  return Math.round(value * 10) / 10
}

/** The colours of src/report/style/base.css, which stay apart for colour-blind readers. */
const style = `
svg { --ground: #fff; --ink: #1b2a2b; --muted: #566464; --grid: #e3ddd1;
  --s0: #0069a8; --s2: #c24e00; --s4: #00785a; --s5: #9c4a80; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #14191a; --ink: #e9ecea; --muted: #a5b1af; --grid: #354042;
    --s0: #5cb8f0; --s2: #ff9d5c; --s4: #3ccb9f; --s5: #e39ac6; } }
text { font: 13px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; fill: var(--ink); }
.title { font-size: 16px; font-weight: 600; }
.panel { font-weight: 600; }
.tick { font-size: 12px; fill: var(--muted); }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.ground { fill: var(--ground); }
.grid { stroke: var(--grid); fill: none; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.s0 { stroke: var(--s0); stroke-width: 3; }
.line.s1 { stroke: var(--s0); stroke-dasharray: 7 3; }
.line.s2 { stroke: var(--s2); }
.line.s3 { stroke: var(--s2); stroke-dasharray: 7 3; }
.line.s4 { stroke: var(--s4); }
.line.s5 { stroke: var(--s5); }
.line.s6 { stroke: var(--muted); stroke-dasharray: 2 4; }
.dot.s0, .dot.s1 { fill: var(--s0); }
.dot.s2, .dot.s3 { fill: var(--s2); }
.dot.s4 { fill: var(--s4); }
.dot.s5 { fill: var(--s5); }
.dot.s6 { fill: var(--muted); }`
