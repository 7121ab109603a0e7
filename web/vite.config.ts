import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The server that `vite web` passes requests on to. */
const server = 'http://localhost:3000'

export default defineConfig({
  plugins: [react()],
  build: {
    // The content security policy allows no data: fonts, and an SVG of 200 bytes is not worth one.
    assetsInlineLimit: 0
  },
  server: {
    // Requests that change state need the server's own origin.
    proxy: { '/api': { target: server, changeOrigin: true, headers: { origin: server } } }
  }
})
