/** TensorFlow.js on its WebAssembly backend, one thread; masking and top 20 by our own heap. */

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { readTensors } from './tensor-file.mjs'
import { TopK } from './top-k.mjs'

export async function create(options) {
  const { load, file, model, form, listLength, historyLength, libraries } = options
  if (libraries) setWasmPaths(libraries)
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  await tf.setBackend('wasm')
  const vector = form === 'dense' ? new Float32Array(model.nItems) : undefined
  const layers = new Layers(readTensors(await load(file)), vector)
  const encode = { 'model-m': multVae, compact: recVae, sequence: transformer }[model.name]
  const heap = new TopK(listLength)
  let history = []
  return {
    start(items) {
      vector?.fill(0)
      history = Array.from(items)
    },
    click(item) {
      history.push(item)
    },
    list() {
      const items = model.name === 'sequence' ? history.slice(-historyLength) : history
      const result = tf.tidy(() => layers.score(encode(layers, items, model)))
      const scores = result.dataSync()
      result.dispose()
      for (const seen of history) scores[seen] = Number.NEGATIVE_INFINITY
      return heap.of(scores)
    },
  }
}

function multVae(layers, history) {
  const hidden = tf.tanh(layers.addBias(layers.sumRows('encoder.table', history), 'encoder'))
  return tf.tanh(layers.dense(layers.dense(hidden, 'latent'), 'decoder'))
}

function recVae(layers, history, { layers: count }) {
  let sum = layers.addBias(layers.sumRows('item.table', history), 'encoder')
  let skips
  for (let i = 0; ; ++i) {
    const out = layers.norm(tf.mul(sum, tf.sigmoid(sum)), `encoder${i}.norm`, 0.1)
    if (i + 1 === count) return layers.dense(out, 'latent')
    skips = i === 0 ? out : tf.add(skips, out)
    sum = tf.add(layers.dense(out, `encoder${i + 1}`), skips)
  }
}

function transformer(layers, history, { width, blocks, frequency, length }) {
  const rows = layers.rows('item.table', history)
  let x = layers.norm(tf.add(rows, layers.tensors.places), 'input', 1e-12)
  for (let i = 0; i < blocks; ++i) x = block(`block${i}`, i + 1 === blocks)
  return x

  /** Of the last block only the last position is computed. */
  function block(name, isLast) {
    const last = (rows) => (isLast ? tf.slice(rows, [length - 1, 0], [1, rows.shape[1]]) : rows)
    const own = last(x)
    const query = tf.mul(layers.dense(own, `${name}.query`), 1 / Math.sqrt(width))
    const scores = tf.matMul(query, layers.dense(x, `${name}.key`), false, true)
    const weights = tf.softmax(tf.add(scores, last(layers.tensors.causal)))
    const context = tf.matMul(weights, layers.dense(x, `${name}.value`))
    const attended = tf.add(layers.dense(context, `${name}.output`), own)
    const attention = layers.norm(attended, `${name}.attention`, 1e-12)

    const slow = tf.matMul(last(layers.tensors['low pass']), x)
    const fast = tf.mul(tf.sub(own, slow), layers.tensors[`${name}.rescale`])
    const branch = tf.add(tf.add(slow, fast), own)
    const filtered = layers.norm(branch, `${name}.frequency`, 1e-12)

    const mixed = tf.add(tf.mul(filtered, frequency), tf.mul(attention, 1 - frequency))
    const inner = gelu(layers.dense(mixed, `${name}.inner`))
    return layers.norm(tf.add(layers.dense(inner, `${name}.outer`), mixed), `${name}.final`, 1e-12)
  }
}

function gelu(x) {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
}

class Layers {
  #vector
  #rows = {}

  constructor(tensors, vector) {
    this.tensors = {}
    this.#vector = vector
    for (const [name, { values, shape }] of Object.entries(tensors)) {
      // The backend's gather and slice take a millisecond for what a page does in microseconds.
      if (name.endsWith('.table') && !vector) this.#rows[name] = { values, width: shape[1] }
      else this.tensors[name] = tf.tensor(values, shape[0] === 1 ? [shape[1]] : shape)
    }
  }

  addBias(x, name) {
    return tf.add(x, this.tensors[`${name}.bias`])
  }

  /** Weights are kept as dimIn x dimOut, as the backend wants them. */
  dense(a, name) {
    const b = this.tensors[`${name}.weight`]
    return tf.fused.matMul({ a, b, bias: this.tensors[`${name}.bias`] })
  }

  norm(x, name, epsilon) {
    const { mean, variance } = tf.moments(x, -1, true)
    const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)))
    return tf.add(tf.mul(normal, this.tensors[`${name}.gain`]), this.tensors[`${name}.bias`])
  }

  /** The table's rows of the history: history x width. */
  rows(table, history) {
    const { values, width } = this.#rows[table]
    const rows = new Float32Array(history.length * width)
    for (const [i, item] of history.entries()) {
      rows.set(values.subarray(item * width, (item + 1) * width), i * width)
    }
    return tf.tensor2d(rows, [history.length, width])
  }

  /** The sum of the history's rows, scaled as the history is when its norm is 1: 1 x width. */
  sumRows(table, history) {
    const weight = 1 / Math.sqrt(history.length)
    if (this.#vector) {
      for (const item of history) this.#vector[item] = weight
      return tf.matMul(tf.tensor2d(this.#vector, [1, this.#vector.length]), this.tensors[table])
    }
    const { values, width } = this.#rows[table]
    const sum = new Float32Array(width)
    for (const item of history) {
      for (let c = 0, at = item * width; c < width; ++c, ++at) sum[c] += weight * values[at]
    }
    return tf.tensor2d(sum, [1, width])
  }

  score(x) {
    const bias = this.tensors['item.bias']
    return tf.fused.matMul({ a: x, b: this.tensors['item.columns'], bias })
  }
}
