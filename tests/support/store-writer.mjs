/**
 * Writes model files byte by byte, by the rules of src/format/FORMAT.md, so that tests can break each
 * rule on purpose.
 */
import { createHash } from 'node:crypto'

const alignment = 64
const roundUp = (n, multiple) => Math.ceil(n / multiple) * multiple
const bytesOf = (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
const dtypes = new Map([
  [Uint8Array, 'U8'],
  [Int8Array, 'I8'],
  [Uint32Array, 'U32'],
  [Float32Array, 'F32'],
])

/**
 * A safetensors file of `tensors`: name → { values: typed array, shape }. `edit` may change the
 * header before it is written.
 */
export function writeTensorFile({ metadata = {}, tensors = {}, edit = (header) => header }) {
  const header = {}
  const parts = []
  let offset = 0
  const add = (name, dtype, shape, bytes) => {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] }
    offset += bytes.length
    parts.push(bytes)
  }
  for (const [name, { values, shape }] of Object.entries(tensors)) {
    add(name, dtypes.get(values.constructor), shape ?? [values.length], bytesOf(values))
    const padding = roundUp(offset, alignment) - offset
    if (padding > 0) add(`pad.${parts.length}`, 'U8', [padding], new Uint8Array(padding))
  }
  const payload = Buffer.concat(parts)
  const complete = {
    'vitrine.version': '1',
    'vitrine.requires': '0',
    'vitrine.sha256': '',
    ...metadata,
  }
  const edited = edit({ __metadata__: complete, ...header })
  const written = edited.__metadata__
  if (written?.['vitrine.sha256'] === '') written['vitrine.sha256'] = contentHash(edited, payload)
  return joinFile(edited, payload)
}

/** Rule 6 of FORMAT.md. */
function contentHash({ __metadata__, ...tensors }, payload) {
  const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))
  const metadata = Object.entries(__metadata__)
    .filter(([key]) => key !== 'vitrine.sha256')
    .toSorted(([a], [b]) => byBytes(a, b))
  const contents = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, ...tensor, at: tensor?.data_offsets }))
    .toSorted((a, b) => a.at?.[0] - b.at?.[0] || a.at?.[1] - b.at?.[1] || byBytes(a.name, b.name))
    .map(({ name, dtype, shape, at }) => [name, dtype, shape, at])
  const texts = [metadata, contents].flat(Number.POSITIVE_INFINITY)
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text}\0`)
  return hash.update(payload).digest('hex')
}

/** The file of a header (an object, or its text) and a payload. */
export function joinFile(header, payload) {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const padded = Buffer.alloc(roundUp(8 + json.length, alignment) - 8, ' ')
  json.copy(padded)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  return new Uint8Array(Buffer.concat([length, padded, payload]))
}

/** Rows (rows x cols) as a model file has them: padded with zeros to a multiple of 16 values. */
export function padRows(values, [rows, cols]) {
  const stride = roundUp(cols, 16)
  const padded = new Float32Array(rows * stride)
  for (let r = 0; r < rows; ++r) padded.set(values.subarray(r * cols, (r + 1) * cols), r * stride)
  return { values: padded, shape: [rows, stride] }
}

/** The parts of a model file over `products` (with at least an id each) that all models share. */
export function store(products, { model, repeats = false, popularity, metadata, tensors }) {
  const columns = [...new Set(products.flatMap((product) => Object.keys(product)))]
  const catalogue = Object.fromEntries(
    columns.map((name) => [name, products.map((product) => product[name])]),
  )
  const popular = Float32Array.from(popularity ?? products.map((_, i) => products.length - i))
  return {
    metadata: {
      'vitrine.model': model,
      'vitrine.items': `${products.length}`,
      'serve.repeats': repeats ? '1' : '0',
      'profile.binary': '1',
      'profile.half_life_days': '0',
      'profile.type_weight': '1 1 1 0 1 1 1 1 0 0',
      'features.visit_gap_s': '1800',
      'features.rating_mean': '3.5',
      'features.repeat_days': '30',
      'features.log_count.mean': '1',
      'features.log_count.deviation': '0.5',
      'features.log_recency.mean': '2',
      'features.log_recency.deviation': '1.5',
      'features.log_dwell.mean': '3',
      'features.log_dwell.deviation': '1',
      ...metadata,
    },
    tensors: {
      catalogue: { values: new Uint8Array(Buffer.from(JSON.stringify(catalogue))) },
      popularity: { values: popular },
      'features.price_quantiles': { values: Float32Array.of(5, 10, 20) },
      'features.item_repeat_days': { values: new Float32Array(products.length) },
      ...tensors,
    },
  }
}

/** Everybody gets the products in the order of `popularity` (by default, of the catalogue). */
export function popularityStore(products, options = {}) {
  const parts = store(products, { ...options, model: 'popularity' })
  parts.tensors['popularity.table'] ??= parts.tensors.popularity
  return parts
}

/** Item-item weights: `weights[i][j]` is what a history with product i adds to product j. */
export function linearStore(products, weights, options = {}) {
  const n = products.length
  const stride = roundUp(n, 16)
  const values = new Float32Array(n * stride)
  for (const [i, row] of weights.entries()) values.set(row, i * stride)
  const table = { values, shape: [n, stride] }
  return store(products, { ...options, model: 'linear', tensors: { 'linear.table': table } })
}

/**
 * A Mult-VAE with random weights, its item tables in `dtype`: 'int8', 'int4' or 'f32'; its layers as
 * `export` would write them beside those.
 */
export function vaeStore(products, { hidden, latent, dtype }) {
  const n = products.length
  const random = noise(7)
  const matrix = (rows, cols) =>
    padRows(Float32Array.from({ length: rows * cols }, random), [rows, cols])
  const table = (name, rows, cols) => {
    if (dtype === 'f32') return { [name]: matrix(rows, cols) }
    const stride = roundUp(cols, 32)
    if (dtype === 'int4' && name.endsWith('.table')) {
      const values = new Uint8Array((rows * stride) / 2).fill(0x88) // pairs of 0
      for (let r = 0; r < rows; ++r) {
        for (let c = 0; c < cols; ++c) {
          const at = (r * stride) / 2 + Math.floor(c / 32) * 16 + (c % 16)
          const half = Math.round(7 * random()) + 8
          values[at] = c % 32 < 16 ? (values[at] & 0xf0) | half : (values[at] & 0x0f) | (half << 4)
        }
      }
      const scales = new Float32Array(rows).fill(1 / 7)
      return {
        [name]: { values, shape: [rows, stride / 2] },
        [`${name}.scale`]: { values: scales },
      }
    }
    const values = new Int8Array(rows * stride)
    for (let r = 0; r < rows; ++r) {
      for (let c = 0; c < cols; ++c) values[r * stride + c] = Math.round(127 * random())
    }
    const scales = new Float32Array(rows).fill(1 / 127)
    return { [name]: { values, shape: [rows, stride] }, [`${name}.scale`]: { values: scales } }
  }
  return store(products, {
    model: 'vae',
    metadata: { 'vae.hidden': `${hidden}`, 'vae.latent': `${latent}` },
    tensors: {
      ...table('vae.encoder.table', n, hidden),
      'vae.encoder.bias': matrix(1, hidden),
      ...table('vae.latent.weight', 2 * latent, hidden),
      'vae.latent.bias': matrix(1, 2 * latent),
      ...table('vae.decoder.weight', hidden, latent),
      'vae.decoder.bias': matrix(1, hidden),
      ...table('vae.item.table', n, hidden),
      'vae.item.bias': matrix(1, n),
    },
  })
}

/** Numbers in [-1, 1), the same for the same seed (Marsaglia's xorshift). */
function noise(seed) {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state | 0) / 2 ** 31
  }
}

/** Products that are easy to tell apart. */
export function sampleProducts(count) {
  return Array.from({ length: count }, (_, i) => ({
    id: `SKU-${i}`,
    title: `Product ${i}`,
    category: `Category ${i % 3}`,
    price: 4 + i,
  }))
}
