/** Prints how often our matcher and OpenSSL agree about random hellos: `node dist/bench/agreement.js [CASES [SEED]]`. */

import { agree } from '../test/tls/agreement.ts'

const [cases = '5000', seed = '1'] = process.argv.slice(2)
const { accepted, refused, differences } = await agree(Number(seed), Number(cases))
for (const difference of differences.slice(0, 20)) console.log(difference)
const share = (1 - differences.length / Number(cases)) * 100
console.log(`${cases} hellos, ${accepted} accepted, refused: ${JSON.stringify(refused)}`)
console.log(`agreement with OpenSSL ${process.versions.openssl}: ${share.toFixed(2)} %`)
process.exitCode = differences.length === 0 ? 0 : 1
