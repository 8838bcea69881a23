import { MemoryStore } from '@quorate/broker/store/memory/memory-store'
import { storeSuite } from './store-suite.ts'

storeSuite('memory store', {
  open: (log, cacheBytes) => Promise.resolve(new MemoryStore({ bodies: log, cacheBytes })),
  close: () => Promise.resolve(),
})
