/**
 * Writes test/conformance/openwire/vectors anew. Run it when the table or the Java program changes:
 *
 *   node --conditions=quorate-source --import tsx test/interop/openwire/write-vectors.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { vectorFolder } from '../../conformance/openwire/vectors.ts'
import { JavaVectors } from './java-vectors.ts'

const java = await JavaVectors.open()
mkdirSync(vectorFolder, { recursive: true })
const contents = { objects: await java.objects(0), sequence: await java.sequence() }
for (const [name, text] of Object.entries(contents)) {
  writeFileSync(`${vectorFolder}/${name}.jsonl.gz`, gzipSync(text, { level: 9 }))
}
java.close()
