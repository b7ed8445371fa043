// The gateway as the benchmark runs it: in a process of its own. Prints its ports as JSON.
import { startBenchGateway } from './bench-gateway.ts';

const gateway = await startBenchGateway(process.argv.slice(2));
process.stdout.write(`${JSON.stringify(gateway.ports)}\n`);
