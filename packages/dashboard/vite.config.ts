import { defineConfig } from 'vite'

export default defineConfig({
  build: { outDir: 'build', emptyOutDir: true, modulePreload: false, target: 'es2022' },
})
