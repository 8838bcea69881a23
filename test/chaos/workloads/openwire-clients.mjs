// The program that openwire-workload.ts starts on the clients' host.
import { runOpenWireClients } from './openwire-clients.ts'

await runOpenWireClients()
process.exit()
