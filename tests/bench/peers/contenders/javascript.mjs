/**
 * The models in careful plain JavaScript: only the rows of the history in the first layer, four rows of a
 * matrix at a time, every array made once, a bounded heap. Sums are in double precision, as
 * JavaScript's are, so it is also what the other lists are compared with.
 */
import { readTensors } from './tensor-file.mjs'
import { TopK } from './top-k.mjs'

export async function create({ load, file, model, listLength }) {
  return new PlainRecommender({ ...model, tensors: readTensors(await load(file)) }, listLength)
}

export class PlainRecommender {
  #encode
  #history = []
  #table
  #bias
  #scores
  #heap

  constructor(model, listLength) {
    const { tensors, nItems } = model
    this.#encode = encoders[model.name](model)
    this.#table = tensors['item.table']
    this.#bias = tensors['item.bias']?.values
    this.#scores = new Float32Array(nItems)
    this.#heap = new TopK(listLength)
  }

  start(history) {
    this.#history = Array.from(history)
  }

  click(item) {
    this.#history.push(item)
  }

  list() {
    const scores = this.#scores
    multiply(this.#table, this.#encode(this.#history), scores)
    if (this.#bias) for (let i = 0; i < scores.length; ++i) scores[i] += this.#bias[i]
    for (const seen of this.#history) scores[seen] = Number.NEGATIVE_INFINITY
    return this.#heap.of(scores)
  }
}

const encoders = { 'model-m': multVae, compact: recVae, sequence: transformer }

function multVae({ tensors, hidden, latent }) {
  const sum = new Float32Array(hidden)
  const mean = new Float32Array(latent)
  const decoded = new Float32Array(hidden)
  return (history) => {
    sumRows(tensors['encoder.table'], history, sum)
    add(sum, tensors['encoder.bias'].values)
    activate(sum, Math.tanh)
    dense(tensors, 'latent', sum, mean)
    dense(tensors, 'decoder', mean, decoded)
    activate(decoded, Math.tanh)
    return decoded
  }
}

function recVae({ tensors, width, layers }) {
  const sum = new Float32Array(width)
  const out = new Float32Array(width)
  const skips = new Float32Array(width)
  return (history) => {
    skips.fill(0)
    sumRows(tensors['item.table'], history, sum)
    add(sum, tensors['encoder.bias'].values)
    for (let i = 0; i < layers; ++i) {
      if (i > 0) {
        dense(tensors, `encoder${i}`, out, sum)
        add(sum, skips)
      }
      for (let c = 0; c < width; ++c) out[c] = sum[c] / (1 + Math.exp(-sum[c]))
      normalize(tensors, `encoder${i}.norm`, 0.1, out)
      add(skips, out)
    }
    dense(tensors, 'latent', out, sum)
    return sum
  }
}

function transformer({ tensors, width, blocks, inner, frequency, length }) {
  const rows = () => Array.from({ length }, () => new Float32Array(width))
  let input = rows()
  let output = rows()
  const [keys, values] = [rows(), rows()]
  const [query, context, mixed, slow] = rows()
  const hidden = new Float32Array(inner)
  const weights = new Float32Array(length)
  const kernel = tensors['frequency.kernel'].values
  const squares = Array.from({ length: blocks }, (_, i) =>
    tensors[`block${i}.frequency.rescale`].values.map((value) => value * value),
  )
  return (history) => {
    for (let t = 0; t < length; ++t) {
      const item = history[history.length - length + t]
      input[t].set(rowOf(tensors['item.table'], item))
      add(input[t], rowOf(tensors['place.table'], length - 1 - t))
      normalize(tensors, 'input', 1e-12, input[t])
    }
    for (let i = 0; i < blocks; ++i) {
      for (let t = 0; t < length; ++t) {
        dense(tensors, `block${i}.key`, input[t], keys[t])
        dense(tensors, `block${i}.value`, input[t], values[t])
      }
      // Of the last block only the last position is wanted.
      for (let t = i + 1 === blocks ? length - 1 : 0; t < length; ++t) apply(i, t)
      ;[input, output] = [output, input]
    }
    return input[length - 1]
  }

  function apply(i, t) {
    const own = input[t]
    attend(i, t)
    dense(tensors, `block${i}.output`, context, mixed)
    add(mixed, own)
    normalize(tensors, `block${i}.attention`, 1e-12, mixed)

    slow.fill(0)
    for (let j = 0; j < length; ++j) addScaled(slow, kernel[Math.abs(t - j)], input[j])
    for (let c = 0; c < width; ++c) slow[c] += squares[i][c] * (own[c] - slow[c]) + own[c]
    normalize(tensors, `block${i}.frequency`, 1e-12, slow)
    for (let c = 0; c < width; ++c) mixed[c] = frequency * slow[c] + (1 - frequency) * mixed[c]

    dense(tensors, `block${i}.inner`, mixed, hidden)
    activate(hidden, gelu)
    dense(tensors, `block${i}.outer`, hidden, output[t])
    add(output[t], mixed)
    normalize(tensors, `block${i}.final`, 1e-12, output[t])
  }

  /** Sets `context` to what position t attends to, itself and all before. */
  function attend(i, t) {
    dense(tensors, `block${i}.query`, input[t], query)
    let largest = Number.NEGATIVE_INFINITY
    for (let j = 0; j <= t; ++j) {
      let score = 0
      for (let c = 0; c < width; ++c) score += query[c] * keys[j][c]
      weights[j] = score / Math.sqrt(width)
      largest = Math.max(largest, weights[j])
    }
    let sum = 0
    for (let j = 0; j <= t; ++j) sum += weights[j] = Math.exp(weights[j] - largest)
    context.fill(0)
    for (let j = 0; j <= t; ++j) addScaled(context, weights[j] / sum, values[j])
  }
}

/** out = matrix * x. Four rows at a time, since each sum has to wait for itself. */
function multiply({ values, shape: [rows, cols] }, x, out) {
  let r = 0
  for (; r + 4 <= rows; r += 4) {
    const a = r * cols
    const b = a + cols
    const c = b + cols
    const d = c + cols
    let sumA = 0
    let sumB = 0
    let sumC = 0
    let sumD = 0
    for (let i = 0; i < cols; ++i) {
      const value = x[i]
      sumA += values[a + i] * value
      sumB += values[b + i] * value
      sumC += values[c + i] * value
      sumD += values[d + i] * value
    }
    out[r] = sumA
    out[r + 1] = sumB
    out[r + 2] = sumC
    out[r + 3] = sumD
  }
  for (; r < rows; ++r) {
    let sum = 0
    for (let i = 0; i < cols; ++i) sum += values[r * cols + i] * x[i]
    out[r] = sum
  }
}

function dense(tensors, name, x, out) {
  multiply(tensors[`${name}.weight`], x, out)
  add(out, tensors[`${name}.bias`].values)
}

/** sum = the rows of the history, scaled as the history is when its norm is 1. */
function sumRows(table, history, sum) {
  sum.fill(0)
  const weight = 1 / Math.sqrt(history.length)
  for (const item of history) addScaled(sum, weight, rowOf(table, item))
}

function rowOf({ values, shape: [, cols] }, row) {
  return values.subarray(row * cols, (row + 1) * cols)
}

function add(x, other) {
  for (let c = 0; c < x.length; ++c) x[c] += other[c]
}

function addScaled(x, factor, other) {
  for (let c = 0; c < x.length; ++c) x[c] += factor * other[c]
}

function activate(x, activation) {
  for (let c = 0; c < x.length; ++c) x[c] = activation(x[c])
}

function normalize(tensors, name, epsilon, x) {
  const gain = tensors[`${name}.gain`].values
  const bias = tensors[`${name}.bias`].values
  let mean = 0
  let square = 0
  for (let c = 0; c < x.length; ++c) mean += x[c] / x.length
  for (let c = 0; c < x.length; ++c) square += (x[c] - mean) ** 2
  const inverse = 1 / Math.sqrt(square / x.length + epsilon)
  for (let c = 0; c < x.length; ++c) x[c] = gain[c] * (x[c] - mean) * inverse + bias[c]
}

/** By Abramowitz and Stegun, 7.1.26; within 1e-7. */
function gelu(x) {
  const z = Math.abs(x) * Math.SQRT1_2
  const t = 1 / (1 + 0.3275911 * z)
  const poly =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const tail = 0.5 * poly * Math.exp(-z * z)
  return x * (x < 0 ? tail : 1 - tail)
}
