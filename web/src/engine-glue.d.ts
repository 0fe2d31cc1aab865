/** The JavaScript that Emscripten writes beside engine.wasm; the build says where it lies. */
declare module '#engine' {
  const createModule: import('./engine-module.js').CreateModule
  export default createModule
}
