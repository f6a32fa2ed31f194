/* What a ballot's number is made of, in the hall and in partners' pages alike: chance, its hex, its hash.
   SHA-256 (FIPS 180-4) of up to 55 bytes, as 64 hex digits: enough for a nonce, small enough to read. */
hall.sha256 = function (bytes) {
  'use strict';
  var K = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2];
  var H = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
  var w = [];
  var s = H.slice();
  var i;
  var a;
  var b;

  function turn(x, n) { return (x >>> n) | (x << (32 - n)); }

  for (i = 0; i < 16; i += 1) { w[i] = 0; }
  for (i = 0; i < bytes.length; i += 1) { w[i >> 2] |= bytes[i] << (24 - 8 * (i % 4)); }
  w[i >> 2] |= 0x80 << (24 - 8 * (i % 4));
  w[15] = bytes.length * 8;
  for (i = 16; i < 64; i += 1) {
    a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
    b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
    w[i] = (w[i - 16] + a + w[i - 7] + b) | 0;
  }
  for (i = 0; i < 64; i += 1) {
    a = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
    b = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    s = [(a + b) | 0, s[0], s[1], s[2], (s[3] + a) | 0, s[4], s[5], s[6]];
  }
  return H.map(function (h, j) { return ('0000000' + ((h + s[j]) >>> 0).toString(16)).slice(-8); }).join('');
};

/* 16 random bytes, or null in a browser that has no source of chance. */
hall.chance = function () {
  'use strict';
  var source = window.crypto || window.msCrypto;
  return source && source.getRandomValues && window.Uint8Array ? source.getRandomValues(new Uint8Array(16)) : null;
};

hall.hex = function (bytes) {
  'use strict';
  return Array.prototype.map.call(bytes, function (byte) { return ('0' + byte.toString(16)).slice(-2); }).join('');
};

hall.bytes = function (text) {
  'use strict';
  return text.match(/../g).map(function (two) { return parseInt(two, 16); });
};
