import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** One page with one script and one style sheet, of which the broker's server is told nothing. */
export default defineConfig({
  root: dirname(fileURLToPath(import.meta.url)),
  base: '/console/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../broker/dist/console',
    emptyOutDir: true,
    assetsDir: '',
    // Nothing inline: the page's policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: false,
    target: 'es2023',
  },
})
