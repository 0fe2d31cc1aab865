/** Writes what each contender loads: the same weights in its own format and layout. */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { padRows, store, writeTensorFile } from '../../support/store-writer.mjs'
import { runVitrine } from '../bench.mjs'
import { sequenceConstants, transpose } from './models.mjs'
import { onnxFile } from './onnx-models.mjs'

/** Writes the files of `contenders` for `model` into `folder`. */
export function writeFiles(folder, model, contenders) {
  mkdirSync(folder, { recursive: true })
  const makers = { vitrine, onnx, tfjs, plain }
  for (const contender of contenders) {
    const path = join(folder, contender.file)
    if (!existsSync(path)) makers[contender.format](path, model, contender)
  }
}

export function bytesOfFile(folder, { file }) {
  return statSync(join(folder, file)).size
}

/** Our own file in full precision; every other is exported from it by the command, as a shop's is. */
function vitrine(path, model, { precision }) {
  if (precision === 'f32') return writeFileSync(path, vitrineFile(model))
  const f32 = path.replace(precision, 'f32')
  if (!existsSync(f32)) vitrine(f32, model, { precision: 'f32' })
  runVitrine('export', '--model', f32, '--out', path, '--dtype', precision)
}

export function vitrineFile({ name, nItems, tensors, ...shape }) {
  const { prefix, kind, tables, settings } = kinds[name]
  const complete = kind === 'vae' ? withVariances(tensors) : tensors
  const stored = Object.entries(complete).map(([key, { values, shape }]) => {
    return [prefix + storedName(name, key), padRows(values, shape)]
  })
  const metadata = { 'vitrine.tables': tables, ...settings(shape) }
  const products = Array.from({ length: nItems }, (_, i) => ({ id: `${i}` }))
  const parts = { model: kind, metadata, tensors: Object.fromEntries(stored) }
  return writeTensorFile(store(products, parts))
}

const kinds = {
  'model-m': {
    kind: 'vae',
    prefix: 'vae.',
    tables: 'vae.encoder.table vae.item.table',
    settings: ({ hidden, latent }) => ({ 'vae.hidden': `${hidden}`, 'vae.latent': `${latent}` }),
  },
  compact: {
    kind: 'vae',
    prefix: 'vae.',
    tables: 'vae.encoder.table',
    settings: ({ width, layers }) => ({
      'vae.kind': 'recvae',
      'vae.hidden': `${width}`,
      'vae.latent': `${width}`,
      'vae.layers': `${layers}`,
    }),
  },
  sequence: {
    kind: 'sequence',
    prefix: 'sequence.',
    tables: 'sequence.item.table',
    settings: ({ width, blocks, inner, frequency, length }) => ({
      'sequence.dim': `${width}`,
      'sequence.inner': `${inner}`,
      'sequence.blocks': `${blocks}`,
      'sequence.heads': '1',
      'sequence.max_length': `${length}`,
      'sequence.types': '0',
      'sequence.gaps': '0',
      'sequence.frequency': `${frequency}`,
    }),
  },
}

/** The one table of a compact model is called its encoder's. */
function storedName(model, tensor) {
  return model === 'compact' && tensor === 'item.table' ? 'encoder.table' : tensor
}

/** With zeros for the latent's variances, which training needs and a list does not. */
function withVariances(tensors) {
  const twice = (values) => {
    const both = new Float32Array(2 * values.length)
    both.set(values)
    return both
  }
  const { 'latent.weight': weight, 'latent.bias': bias } = tensors
  const [rows, cols] = weight.shape
  return {
    ...tensors,
    'latent.weight': { values: twice(weight.values), shape: [2 * rows, cols] },
    'latent.bias': { values: twice(bias.values), shape: [1, 2 * rows] },
  }
}

function onnx(path, model, contender) {
  writeFileSync(path, onnxFile(model, contender))
}

/** Unpadded, row by row. */
function plain(path, { tensors }) {
  writeFileSync(path, writeTensorFile({ tensors }))
}

/** As TensorFlow.js multiplies: weights as in x out, the products as columns. */
function tfjs(path, model) {
  const { 'item.table': items, ...others } = model.tensors
  const tensors = { 'item.columns': transpose(items) }
  if (model.name !== 'model-m') tensors['item.table'] = items // is its first layer too
  for (const [name, tensor] of Object.entries(others)) {
    tensors[name] = name.endsWith('.weight') ? transpose(tensor) : tensor
  }
  if (model.name === 'sequence') Object.assign(tensors, sequenceConstants(model))
  writeFileSync(path, writeTensorFile({ tensors }))
}
