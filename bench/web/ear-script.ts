/** Has a page note when a tone begins in what goes to its loudspeaker: milliseconds since 1970, in \`ear.heard\`. */
export const earScript = `
(() => {
  globalThis.ear = { heard: [] };
  const connect = AudioNode.prototype.connect;
  const loud = 0.1;
  /** Milliseconds of silence before what counts as another tone. */
  const apart = 300;
  const listen = (analyser) => {
    const samples = new Float32Array(analyser.fftSize);
    const rate = analyser.context.sampleRate / 1000;
    let last = -Infinity;
    const look = () => {
      analyser.getFloatTimeDomainData(samples);
      const now = performance.timeOrigin + performance.now();
      for (let at = 0; at < samples.length; at++) {
        if (Math.abs(samples[at]) < loud) continue;
        const when = now - (samples.length - at) / rate;
        if (when - last > apart) ear.heard.push(when);
        last = when;
      }
    };
    setInterval(look, 5);
  };
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      const analyser = new AnalyserNode(this.context, { fftSize: 4096 });
      connect.call(this, analyser);
      listen(analyser);
    }
    return connect.call(this, to, ...rest);
  };
})()`;
