/** Notices every WebAssembly memory that code makes from now on. Returns how many bytes they have. */
export function watchMemories() {
  const memories = new Set()
  const lookFor = (values) => {
    for (const value of Object.values(values ?? {})) {
      if (value instanceof WebAssembly.Memory) memories.add(value)
    }
  }
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name]
    WebAssembly[name] = async (source, imports) => {
      const result = await original.call(WebAssembly, source, imports)
      for (const module of Object.values(imports ?? {})) lookFor(module)
      lookFor((result.instance ?? result).exports)
      return result
    }
  }
  return () => {
    let bytes = 0
    for (const { buffer } of memories) bytes += buffer.byteLength
    return bytes
  }
}
