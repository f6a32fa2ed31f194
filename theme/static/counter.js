/* 字: how long a text is, by the rule that awards/characters.py states to the last sign. Knows no page.
   MARKS and LETTERS are Unicode's, as Python has them: gap and length of each run, base 36; a test holds them against
   it. A letter here is what can have ’ within a word. */
(function () {
  'use strict';
  var MARKS = 'lc.33 7o.6 7c.18 2 2.1 2.1 2 21.a 1d.k h 2u.6 3.5 3.1 2.3 10 v.q 2k.a 1n.8 a p.3 2.8 2.2 2.4 18.2 1p.7 17.n 2.w ' +
    '1j.2 2.h 2.6 b.1 u.2 1l 2.6 3.1 3.2 a b.1 r 3.2 1l 2.4 5.1 3.2 4 v.1 4 c.2 1l 2.7 2.2 2.2 l.1 n.5 2.2 1l 2.6 3.1 ' +
    '3.2 8.2 b.1 v 1o.4 4.2 2.3 a 15.4 1k 2.6 2.2 2.3 8.1 c.1 u.2 1l 2.6 2.2 2.3 8.1 c.1 t.3 1k.1 2.6 2.2 2.3 a b.1 u.2 ' +
    '1z 5.5 2 2.7 j.1 1q 3.6 d.7 2r 3.8 c.5 23.1 s 2 2 5.1 1e.j 2.1 6.a 2.z a 2t.j o.3 5.2 2.2 3.6 4.3 e.b 2 b.3 jk.2 ' +
    'qb.3 t.2 u.1 v.1 1t.v a 1a.2 2 3a.1 z 3b.b 5.b 64.4 1m.9 2.s 3 1d.u 1e.4 1c.g 13.8 d.2 v.c 1l.d 1d.j 49.2 2.k 5 7 ' +
    '3.2 5j.1r k1.w 2db.2 3y 2p.v ff.5 2y.1 n9x.3 2.9 x.1 29.1 7l 4 5 o.4 5 2c.1 1f.h r.h e 13.7 q.c 19.3 1c.d 11 1w.d d ' +
    '9.1 1a.2 1f 2.2 3.1 6.1 2 16.4 6.1 6l.7 2.1 fn5 ki.f h.f r2 6b 46.4 1af.2 2.1 6.3 15.2 5 4m.1 fy.3 as.1 4a.a 1e.3 ' +
    '3f.2 1i.e 16 3.1 b.3 1a.a 8 1q.2 11.d h.1 19 d.2 1d.d 9.3 2.1 2l.b 7 4h.b m.3 1k.1 2.6 3.1 3.2 a b.1 3.6 4.4 5d.h o ' +
    '2a.j 6k.6 3.8 s.1 2b.g 2z.c 2u.e 75.e 6u.5 2.1 3.3 2 2.1 3y.6 3.6 4 t.9 15.6 2.3 9 a.a 1b.f ba.7 2.7 2b.l 2.d 3f.5 ' +
    '4 2.1 2.6 2 1v.4 2.1 2.4 9o.3 f0a.4 1o.6 t5 2.1i 8.3 2a c.1 f58.1 3mq.19 3.m f3.4 4.5 9.7 3.6 v.3 45.2 1j0.1i 5.1d ' +
    '9 f n.4 2.e 11t.6 2.g 3.6 2.1 2.4 7a.6 ag 1q.3 15t.6 32.6 gzhy.6n';
  var LETTERS = '1t.p 7.p 1c 8.1 2 4.1 2.2 2.m 2.u 2.cp 5.b f.4 8 2 3m.4 2.1 3.3 2 7 2.2 2 2.j 2.2a 2.3u 9.4l 2.11 3 7.14 20.q 5.3 ' +
    '1a.16 10.1 2.2q 2 g.1 8.1 b.2 3 h 2.t u.2g c p.w a.1 5 6.l 5 a 4 o.o 8.a 6.n 2.5 i.15 1n.1h 4 j 8.9 g.f 5.7 3.1 3.l ' +
    '2.6 2 4.3 4 h e.1 2.2 f.1 3.5 3 9.5 5.1 3.l 2.6 2.1 2.1 2.1 w.3 2 k.2 h.8 2.2 2.l 2.6 2.1 2.4 4 j g.1 o c.7 3.1 3.l ' +
    '2.6 2.1 2.4 4 v.1 2.2 g.6 c 2.5 4.2 2.3 4.1 2 2.1 4.1 4.2 4.b n w.2 j.7 2.2 2.m 2.f 4 r.2 3 3.1 n.6 2 5.7 2.2 2.m ' +
    '2.9 2.4 4 w.1 2.1 g.1 i.8 2.2 2.14 3 h 6.2 2.9 f.8 2.5 6.h 4.n 2.8 2 3.6 1n.1b 2.1 d.6 1n.1 2 2.4 2.n 2 2.9 2.1 a ' +
    '3.4 2 m.3 x 16.9 d.7 2.z s.4 38.16 l h.5 5.3 4 4.1 8.2 5.c d i.11 2 6 3.16 2.98 2.3 3.6 2 2.3 3.14 2.3 3.w 2.3 3.6 ' +
    '2 2.3 3.e 2.1k 2.3 3.1u f.j 4.f h.2d 3.5 4.h7 3.g 2.p 6.22 4.a 8.h e.i f.h f.c 2.2 g.1f 10 5 k.9 13.2g 8.4 3.x 2 ' +
    '6.1x b.u 1e.t 3.4 c.17 5.p h 12.m a.1g 2b 2m.1a i.7 1j.t e.1 b.17 r.z 16.2 b.z 3.8 8.16 3.2 16.3 2.5 2.1 4 6.5b ' +
    '1t.7p 3.5 3.11 3.5 3.7 2 2 2 2.u 3.1g 2.6 2 4.2 2.6 4.3 3.5 5.c 6.2 2.6 38.1 3.5 6.a 7.c 2u 5 3.9 2 4.4 7 2 2 2.3 ' +
    '2.a 3.3 6.4 5 2.1l k7.1n 27.l 1dt.6c 7.3 4.1 a 3.11 2 6 3.1j 8 h.m a.6 2.6 2.6 2.6 2.6 2.6 2.6 2.6 29 le.2l 4.3 ' +
    'lt7.wc 1w.19 3.7g 4.f b.1 l.1a h.u 3.27 14.8 3.2u 3.1r 6.1 2 2.4 p.f 2.2 2.3 2.m e.5 b.1f f.1d 1r.5 4 2.1 c.r b.m ' +
    'q.s 8.1a t h.4 2.9 b.4 2.14 o.2 2.7 l.m 4 4.1d 2 4.1 3.4 3 2 p.2 3.a 8.2 d.5 3.5 3.5 a.6 2.6 2.16 2.d 7.36 u.8mb ' +
    'd.m 5.1c 6x1.6 d.4 6 2.9 2.c 2.4 2 2.1 2.1 2.2z y.a2 j.1r 3.1h 15.b 39.4 2.3q 4k.u 4.5 3.5 3.5 3.2 10.b 2.p 2.i 2.1 ' +
    '2.e 3.d z.3e d.18 d.1k i.1 6t.s 4.1c h.q 5.z a.t 6.11 b.t 3.z 5.7 2.4 17.4d j.z 5.z 5.13 9.1f d.a 2.e 2.6 2.1 2.a ' +
    '2.e 2.6 2.1 1w.8m a.l b.7 p.5 2.15 2.8 1y.5 3 2.17 2.1 4 3.m 3.u 3.11 9.8 1d.i 2.1 6.w 5.p 1z.1j 5.j 3.1a g.3 2.2 ' +
    '2.s b.8 o.u 2.v x.7 2.r 7.4 h.1h b.l 3.q 6.p o.6 29.20 1k.1e e.1e 8.15 8t.u 2.15 7.1 27.13 9.l c.3 s.h 1b.r l.m ' +
    'd.1g r.j c.1 3 e.18 x.o r.z u 3 9.y 4 d.1b f.3 m 2 5.j c.h 2.o 2d.6 2 2.3 2.e 2.9 8.1a 13.7 3.1 3.l 2.6 2.1 2.4 4 j ' +
    'd.4 4f.1g j.3 l.2 v.1b l.1 2 55.1a 16.3 11.1b l 1o.16 e 20.q w.1 5.6 56.17 39.1r b.8 d.7 3 3.7 2.1 2.n g 2 2n.7 ' +
    '3.12 h 2 t b.13 8 m c.19 k j.20 7c.8 2.10 i q.i 6.t 35.6 2.1 2.11 m q.5 2.1 2.v f 94.i 5a g.k 18.pl 2v.32 i.5f ' +
    '219.2o g.tq 34i.g6 6nu.fs 8.u i.26 i.t j.1b h.3 o.6 2.k 6.i j5.2e 2y.22 6 1v.c 1t.1 2 t.4qf 9.yd 17.8 76w.az 1s5.2y ' +
    '6.c 4.8 8.9 4ef.j 31.o 3s.2c 2.1y 2.1 3 3.1 3.3 2.b 2 2.6 2.1s 2.3 3.7 2.6 2.r 2.3 2.4 2 4.6 2.9f 3.o 2.o 2.u 2.o ' +
    '2.u 2.o 2.u 2.o 2.u 2.o 2.7 1f9.u de.18 b.6 h 8y.t j.17 z9.6 2.3 2.1 2.e 2.5g 3.8 1d.1v 8 me.1m 2.2 2.3 25.18 2.e ' +
    '5f.3 2.q 2.1 2 3 2.9 2.3 2 2 7 5 2 2 2.2 2.1 2 3 2 2 2 2 2.1 2 3.3 2.6 2.3 2.3 2 2.9 2.g 6.2 2.4 2.g';
  var WIDE = [0x2e80, 0x2fdf, 0x3001, 0x303f, 0x3041, 0x30ff, 0x3100, 0x312f, 0x31a0, 0x31ff, 0x3200, 0x33ff, 0x3400, 0x4dbf,
    0x4e00, 0x9fff, 0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe6f, 0xff01, 0xff9f, 0xffe0, 0xffe6, 0x2ff0, 0x2fff, 0x2018, 0x2019,
    0x201c, 0x201d, 0x2014, 0x2014, 0x2026, 0x2026, 0xb7, 0xb7, 0x1aff0, 0x1b16f, 0x20000, 0x3fffd];
  var PICTURES = [0x231a, 0x231b, 0x23e9, 0x23f3, 0x23f8, 0x23fa, 0x2600, 0x27bf, 0x2b05, 0x2b07, 0x2b1b, 0x2b1c, 0x2b50, 0x2b50,
    0x2b55, 0x2b55, 0x1f000, 0x1faff];
  var SPACES = [9, 13, 28, 32, 0x85, 0x85, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
    0x3000, 0x3000];
  var UNSEEN = [0xad, 0xad, 0x200b, 0x200c, 0x200e, 0x200f, 0x2060, 0x2060, 0xfeff, 0xfeff];
  var JOINER = 0x200d;
  var marks, letters;

  function runs(packed) {
    var all = [];
    var at = 0;
    packed.split(' ').forEach(function (run) {
      var parts = run.split('.');
      at += parseInt(parts[0], 36);
      all.push(at);
      at += parts[1] ? parseInt(parts[1], 36) : 0;
      all.push(at);
    });
    return all;
  }

  /* Whether one of these runs, in order, holds it. */
  function within(all, code) {
    var low = 0;
    var high = all.length / 2;
    var middle;
    while (low < high) {
      middle = (low + high) >> 1;
      if (all[middle * 2 + 1] < code) { low = middle + 1; } else { high = middle; }
    }
    return low * 2 < all.length && all[low * 2] <= code;
  }

  /* The same for a few runs in any order. */
  function among(few, code) {
    var i;
    for (i = 0; i < few.length; i += 2) { if (code >= few[i] && code <= few[i + 1]) { return true; } }
    return false;
  }

  function codes(text) {
    var all = [];
    var i, code, next;
    for (i = 0; i < text.length; i += 1) {
      code = text.charCodeAt(i);
      next = text.charCodeAt(i + 1);
      if (code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
        code = (code - 0xd800) * 0x400 + next - 0xdc00 + 0x10000;
        i += 1;
      }
      all.push(code);
    }
    return all;
  }

  function picture(code) { return code > 0x2319 && among(PICTURES, code); }
  function skin(code) { return code >= 0x1f3fb && code <= 0x1f3ff; }
  function flag(code) { return code >= 0x1f1e6 && code <= 0x1f1ff; }
  function wide(code) { return code >= 0xb7 && code !== 0x3000 && among(WIDE, code); }
  function letter(code) { return code !== undefined && within(letters, code); }

  /* The text without what counts nothing; control characters part words; a joiner stays where it joins emoji. */
  function seen(text) {
    return codes(text).filter(function (code) {
      return !(code > 0x2ff && within(marks, code)) && !among(UNSEEN, code);
    }).map(function (code) {
      return code < 32 || (code >= 0x7f && code <= 0x9f) ? 32 : code;
    }).filter(function (code, i, all) {
      return code !== JOINER || ((picture(all[i - 1]) || skin(all[i - 1])) && picture(all[i + 1]));
    });
  }

  function count(text) {
    var all, n, i;
    marks = marks || runs(MARKS);
    letters = letters || runs(LETTERS);
    all = seen(text);
    n = 0;
    i = 0;

    function inWord() {
      var code = all[i];
      if (code === 0x2019) { return letter(all[i - 1]) && letter(all[i + 1]); }
      return i < all.length && !among(SPACES, code) && !wide(code) && !picture(code);
    }

    function passPicture() {
      i += 1;
      while (skin(all[i]) || (all[i] >= 0xe0020 && all[i] <= 0xe007f)) { i += 1; }
    }

    while (i < all.length) {
      if (flag(all[i]) && flag(all[i + 1])) {
        n += 1;
        i += 2;
      } else if (picture(all[i])) {
        n += 1;
        passPicture();
        while (all[i] === JOINER && picture(all[i + 1])) {
          i += 1;
          passPicture();
        }
      } else if (inWord()) {
        n += 1;
        while (inWord()) { i += 1; }
      } else {
        n += wide(all[i]) ? 1 : 0;
        i += 1;
      }
    }
    return n;
  }

  hall.count = count;
})();
