// The producer's thread of logging.mjs.
import { attachProducer, log } from 'ringcast/producer';

const producer = attachProducer();
producer.post('news', 'the first');
log.notice('posted');
// A fault that comes again and again: ten lines, and then their number.
for (let attempt = 0; attempt < 1_213; attempt++) log.warn('the feed is away');
producer.close();
