/** Reads a safetensors file: name → { values: Float32Array, shape }. Runs in Node and in the page. */
export function readTensors(buffer) {
  const headerBytes = Number(new DataView(buffer).getBigUint64(0, true))
  const { __metadata__, ...entries } = JSON.parse(
    new TextDecoder().decode(new Uint8Array(buffer, 8, headerBytes)),
  )
  const tensors = {}
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [begin, end],
    },
  ] of Object.entries(entries)) {
    if (dtype !== 'F32') continue
    const values = new Float32Array(buffer, 8 + headerBytes + begin, (end - begin) / 4)
    tensors[name] = { values, shape }
  }
  return tensors
}
