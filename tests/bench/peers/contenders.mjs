/**
 * Who is measured. `module` makes it (contenders/), from `file` in `format`; `form` is how the history
 * comes in, where there is a choice: the rows of the history alone, or a vector over the catalogue.
 */

/** Bytes of a weight in the item tables: what a list reads at least follows from it. */
export const bytesPerWeight = { f32: 4, f16: 2, int8: 1, int4: 0.5 }

/** In a worker of Node or of a page; of ours one for each of `precisions`. */
export function workerContenders(precisions) {
  const tfjs = { module: 'tfjs-wasm', precision: 'f32', format: 'tfjs', file: 'tfjs.safetensors' }
  return [
    ...ours(precisions, 'vitrine'),
    ...onnxruntime('onnxruntime-web', ['gather', 'dense']),
    { ...tfjs, name: 'tfjs-wasm gather', form: 'gather' },
    { ...tfjs, name: 'tfjs-wasm dense', form: 'dense' },
    {
      name: 'javascript',
      module: 'javascript',
      precision: 'f32',
      format: 'plain',
      file: 'plain.safetensors',
    },
  ]
}

/** On a server, many shoppers at once. */
export function nativeContenders(precisions) {
  return [...ours(precisions, 'vitrine-native'), ...onnxruntime('onnxruntime-node', ['gather'])]
}

function ours(precisions, module) {
  return precisions.map((precision) => ({
    name: 'vitrine',
    module,
    precision,
    format: 'vitrine',
    file: `vitrine-${precision}.safetensors`,
  }))
}

function onnxruntime(module, forms) {
  return forms.flatMap((form) =>
    ['f32', 'int8'].map((precision) => ({
      name: `${module} ${form}`,
      module,
      form,
      precision,
      format: 'onnx',
      file: `${form}-${precision}.onnx`,
    })),
  )
}
