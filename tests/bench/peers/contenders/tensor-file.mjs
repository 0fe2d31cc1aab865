const arrays = { F32: Float32Array, U8: Uint8Array }

/** Reads a safetensors file's f32 and u8: name → { values, shape }. Runs in Node and in the page. */
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
    const Numbers = arrays[dtype]
    if (!Numbers) continue
    const count = (end - begin) / Numbers.BYTES_PER_ELEMENT
    const values = new Numbers(buffer, 8 + headerBytes + begin, count)
    tensors[name] = { values, shape }
  }
  return tensors
}
