/** As `process-entry`, around a generator without threads. */
import { Socket } from 'node:net';
import { GeneratorHost } from '../../../src/main/load/remote/generator-host';
import { FakeGenerator } from '../../support/fake-generator';

const host = new GeneratorHost(new Socket({ fd: 3 }), new FakeGenerator(), { peer: 'the test' });
void host.over.then(() => process.exit());
