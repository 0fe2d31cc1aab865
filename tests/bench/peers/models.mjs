/**
 * The models of the benchmark. Their weights are random, but drawn like those of trained models: normal
 * values whose size keeps the activations' size, and item biases like the logarithms of popularities. Names and
 * shapes are those of src/format/FORMAT.md without the model's prefix.
 */

/** Events that a shopper has when the first list of a round is made. */
export const historyLength = 30
export const listLength = 20

const shapes = {
  /** Mult-VAE, 600-200-600. */
  'model-m': { hidden: 600, latent: 200 },
  /** RecVAE with one table for encoder and decoder. */
  compact: { width: 128, layers: 5 },
  /** A causal transformer with BSARec's frequency branch. */
  sequence: { width: 64, blocks: 2, inner: 256, frequency: 0.7, length: historyLength },
}

export const modelNames = Object.keys(shapes)

/** `{ name, nItems, ...shape, tensors }`; a tensor is `{ values: Float32Array, shape: [rows, cols] }`. */
export function makeModel(name, nItems) {
  const shape = shapes[name]
  const make = { 'model-m': multVae, compact: recVae, sequence: transformer }[name]
  return { name, nItems, ...shape, tensors: make(shape, nItems, normalNumbers(nItems)) }
}

/** Bytes of all weights in f32, without making them. */
export function bytesOfModel(name, nItems) {
  const { hidden, width } = shapes[name]
  return 4 * nItems * (name === 'model-m' ? 2 * hidden : width)
}

/** What no list can do without reading, the item tables with `bytesPerWeight`. */
export function bytesTouched({ tensors }, bytesPerWeight) {
  const scale = bytesPerWeight < 4 ? 4 : 0
  let bytes = 0
  for (const [name, { values, shape }] of Object.entries(tensors)) {
    const [rows, cols] = shape
    if (name === 'item.table') bytes += rows * (cols * bytesPerWeight + scale)
    else if (name === 'encoder.table') bytes += historyLength * (cols * bytesPerWeight + scale)
    else bytes += values.byteLength
  }
  return Math.round(bytes)
}

function multVae({ hidden, latent }, nItems, normal) {
  return {
    'encoder.table': normal(nItems, hidden, 0.7),
    'encoder.bias': normal(1, hidden, 0.1),
    ...dense('latent', latent, hidden, normal),
    ...dense('decoder', hidden, latent, normal),
    'item.table': normal(nItems, hidden, 2.5 / Math.sqrt(hidden)),
    'item.bias': normal(1, nItems, 0.8),
  }
}

function recVae({ width, layers }, nItems, normal) {
  const tensors = { 'encoder.bias': normal(1, width, 0.1) }
  for (let i = 0; i < layers; ++i) {
    if (i > 0) Object.assign(tensors, dense(`encoder${i}`, width, width, normal))
    Object.assign(tensors, norm(`encoder${i}.norm`, width, normal))
  }
  return {
    ...tensors,
    ...dense('latent', width, width, normal),
    'item.table': normal(nItems, width, 1.5 / Math.sqrt(width)),
    'item.bias': normal(1, nItems, 0.8),
  }
}

function transformer({ width, blocks, inner, length }, nItems, normal) {
  const tensors = {
    'item.table': normal(nItems, width, 1.5 / Math.sqrt(width)),
    'place.table': normal(length, width, 0.5 / Math.sqrt(width)),
    ...norm('input', width, normal),
    'frequency.kernel': lowPassKernel(length, 3),
  }
  for (let i = 0; i < blocks; ++i) {
    const block = (part) => `block${i}.${part}`
    for (const part of ['query', 'key', 'value', 'output']) {
      Object.assign(tensors, dense(block(part), width, width, normal))
    }
    for (const part of ['attention', 'frequency', 'final']) {
      Object.assign(tensors, norm(block(part), width, normal))
    }
    tensors[block('frequency.rescale')] = normal(1, width, 0.5)
    Object.assign(tensors, dense(block('inner'), inner, width, normal))
    Object.assign(tensors, dense(block('outer'), width, inner, normal))
  }
  return tensors
}

function dense(name, dimOut, dimIn, normal) {
  return {
    [`${name}.weight`]: normal(dimOut, dimIn, 1 / Math.sqrt(dimIn)),
    [`${name}.bias`]: normal(1, dimOut, 0.1),
  }
}

function norm(name, width, normal) {
  const gain = normal(1, width, 0.1)
  for (let c = 0; c < width; ++c) gain.values[c] += 1
  return { [`${name}.gain`]: gain, [`${name}.bias`]: normal(1, width, 0.1) }
}

/** As LowPassKernel of src/layers/frequency.h, `kept` frequencies of a window. */
function lowPassKernel(window, kept) {
  const values = Float32Array.from({ length: window }, (_, distance) => {
    let sum = 1
    for (let k = 1; k < kept; ++k) sum += 2 * Math.cos((2 * Math.PI * k * distance) / window)
    return sum / window
  })
  return { values, shape: [1, window] }
}

/**
 * What graphs without loops want of a sequence model beside its tensors: the places in the order of the
 * events, the low-pass filter and the causal mask as matrices, and the squared rescale of each block.
 */
export function sequenceConstants({ tensors, width, blocks, length }) {
  const places = new Float32Array(length * width)
  for (let t = 0; t < length; ++t) {
    const place = (length - 1 - t) * width // the last event has place 0
    places.set(tensors['place.table'].values.subarray(place, place + width), t * width)
  }
  const square = (valueAt) => ({
    values: Float32Array.from({ length: length * length }, (_, at) =>
      valueAt(Math.floor(at / length), at % length),
    ),
    shape: [length, length],
  })
  const kernel = tensors['frequency.kernel'].values
  const constants = {
    places: { values: places, shape: [length, width] },
    'low pass': square((t, j) => kernel[Math.abs(t - j)]),
    causal: square((t, j) => (j > t ? -1e9 : 0)),
  }
  for (let i = 0; i < blocks; ++i) {
    const { values, shape } = tensors[`block${i}.frequency.rescale`]
    constants[`block${i}.rescale`] = { values: values.map((value) => value * value), shape }
  }
  return constants
}

/** cols x rows of a matrix of rows x cols. */
export function transpose({ values, shape: [rows, cols] }) {
  const result = new Float32Array(values.length)
  for (let r = 0; r < rows; ++r) {
    for (let c = 0; c < cols; ++c) result[c * rows + r] = values[r * cols + c]
  }
  return { values: result, shape: [cols, rows] }
}

/** Matrices of normal numbers, the same for the same seed (Box-Muller over Marsaglia's xorshift). */
function normalNumbers(seed) {
  const random = uniformNumbers(seed)
  return (rows, cols, deviation) => {
    const values = new Float32Array(rows * cols)
    for (let i = 0; i < values.length; i += 2) {
      const radius = deviation * Math.sqrt(-2 * Math.log(random()))
      const angle = 2 * Math.PI * random()
      values[i] = radius * Math.cos(angle)
      if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle)
    }
    return { values, shape: [rows, cols] }
  }
}

/** Numbers in (0, 1). */
export function uniformNumbers(seed) {
  let state = (seed * 2654435761) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return ((state >>> 0) + 0.5) / 2 ** 32
  }
}

/** `count` histories of `length` distinct products. */
export function makeHistories(nItems, count, length, seed = 1) {
  const random = uniformNumbers(seed)
  return Array.from({ length: count }, () => {
    const items = new Set()
    while (items.size < Math.min(length, nItems)) items.add(Math.floor(random() * nItems))
    return Uint32Array.from(items)
  })
}
