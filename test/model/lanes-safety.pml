/* THE RING, model 1 of 2: ORDER AND DATA.   (Sleeping and waking: lanes-liveness.pml.  How to run: README.md)

   Memory: sequentially consistent = JS Atomics.  Every atomic access is one step.  Plain payload stores are one step of
   their own; a consumer's merge is one step, which is exact because the model asserts, at every payload store, that no
   consumer may still read the units stored to (so there is no data race to interleave with).
   Positions run freely; index = position % CAP.  The CLOSED mark (bit 0 of TAIL in the code) is `shut` here, read and
   written in one step with `tail`.  A post that finds no room waits until there may be some: the try-again loop has no effect.

   [name] beside a step: the same name stands as [model: name] beside the operation in src/shared/ring.

   SIZE   NP first producers = lanes (2,3)  NM records each (NM1 <= NM: of all but the first)
          IDLE=1 the last of them starts without a lane and claims its own, never used before, at any time
          SPARE=1 a late producer claims a freed lane (SM records)      MAXL longest record in units (1,2)   CAP units per lane
          M consumers (1,2)      BUDGET most records of one drain, chosen anew each time (0: no limit)
          KILLS producers killed, CKILLS consumers killed and restarted in their slot, each between any two steps
          JOIN=1 the last consumer joins at any time     LEAVE=1 the last consumer may leave, =2 every one may;
          REJOIN how often one that left may come back   CLOSE=1 the ring is closed at any time; consumers drain it and stop
   CHECKS lost         every committed record is taken by every consumer, also across its restart
          afterclose   a post that began after closeRing had returned is never committed; after close + drain nothing comes
          torn, overwritten, repeated    whole, not stored over while a consumer may read it, once (in one life of a consumer)
          unordered    A returned before B began => A is taken first; holds across a restart, and within what comes again
          gap          a joiner misses nothing posted after its join; what it takes of earlier posts is a suffix
          foreign      the lane's owner word names the producer of the record taken
          ungated      no post gets room while no consumer gates
   GOOD VARIANTS   STAMP_EARLY stamp before room check and payload     STRONG order asked of "A's tail before B's stamp" too
          NO_SNAP1 join without the 1st snapshot     NO_CACHE the gating cursors are looked up for every post
   BROKEN VARIANTS (runs.txt lists the size that shows each)
          LIMIT_LATE  NO_LIMIT  NO_MERGE  TAIL_EARLY  STAMP_LATE  NO_GATE  FREE_EARLY  NO_SNAP2  NO_J  J_FIRST  LANES_FIRST
          WRAP=4 stamps modulo 4      MAXL=2 CAP=2 a record longer than half a lane
          PLAIN_COMMIT commit by a store    CHECKED_COMMIT looks at the mark, then stores
          MARK_USED close marks only the lanes in use      STOP_ON_WORD consumers drain and stop once closeRing has begun
          CACHE_FREE a new owner takes its lane for empty without a look     CACHE_JOIN_LOW joiner starts at the lowest gating cursor
          RECLAIM_OWN the keeper looks at its own cursor only      RESTART_NO_J join stamp not kept in memory
          RESTART_AT_TAIL restart goes on at the tails      CURSOR_EARLY cursors stored before the copy
          RESTART_NO_MASK restart does not look whether it gates      RESTART_HALF a half join is taken for a whole one
          LEAVE_PLAIN leave looks at the mask, then clears its bit */
#ifndef NP
#define NP 2
#endif
#ifndef NM
#define NM 2
#endif
#ifndef NM1
#define NM1 NM
#endif
#ifndef IDLE
#define IDLE 0
#endif
#ifndef SPARE
#define SPARE 0
#endif
#ifndef SM
#define SM 1
#endif
#ifndef M
#define M 1
#endif
#ifndef CAP
#define CAP 3
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef CKILLS
#define CKILLS 0
#endif
#ifndef JOIN
#define JOIN 0
#endif
#ifndef LEAVE
#define LEAVE 0
#endif
#ifndef REJOIN
#define REJOIN 0
#endif
#ifndef CLOSE
#define CLOSE 0
#endif
#ifndef BUDGET
#define BUDGET 0
#endif
#ifndef MAXL
#define MAXL 2
#endif
#define NL NP
#define NREC (NP*NM+SPARE*SM)
#define PADB 16
#define NOBODY 9
#define FREE 0
#define LIVE 1
#define CLOSING 2
#define BIT(i) (1<<(i))
#ifdef WRAP
#define STAMP(x) ((x) % WRAP)
#define BEFORE(a,b) ((a) != (b) && (((b) + WRAP - (a)) % WRAP) <= WRAP/2)
#else
#define STAMP(x) (x)
#define BEFORE(a,b) ((a) < (b))
#endif
/* an assertion with a name: the names are constants, 0, and stand in what the checker prints */
hidden byte lost, afterclose, torn, overwritten, repeated, unordered, gap, foreign, ungated;
#define CHECK(name, condition) assert((condition) || name)

/* shared memory */
byte counter, tail[NL], cur[M*NL], mask, owner[NL], st[NL], used, kept[M];   /* kept: join stamp + 1; 0: not joined */
bit shut[NL], closed;
byte hl[NL*CAP], hs[NL*CAP], hv[NL*CAP];        /* header: length or PADB+length, stamp; payload: record id */
/* ghosts */
byte killed, dead, fin, kills, ckilled, nc; bit closeReturned, joined[M], whole[M];   /* whole: a consumer from the start on */
short begun, returned, committed, pred[NREC], taken[M], before[M]; byte trueStamp[NREC], first[M];

#if NL == 3
#define NEWREC (tail[0] != pos[0] || tail[1] != pos[1] || tail[2] != pos[2])
#else
#define NEWREC (tail[0] != pos[0] || tail[1] != pos[1])
#endif
#define ROOM1(c) (!(mask & BIT(c)) || t + pad + L - cur[(c)*NL+ln] <= CAP)
#if M == 2
#define ROOMNOW (mask != 0 && ROOM1(0) && ROOM1(1))
#define NOOVER(e) CHECK(overwritten, (!joined[0] || (e) - cur[ln] <= CAP) && (!joined[1] || (e) - cur[NL+ln] <= CAP))
#define DRAINED1(l) (cur[NL+l] == tail[l] || !(mask & 2))
#else
#define ROOMNOW (mask != 0 && ROOM1(0))
#define NOOVER(e) CHECK(overwritten, !joined[0] || (e) - cur[ln] <= CAP)
#define DRAINED1(l) true
#endif
#define ALLDONE ((fin | dead) == BIT(NP+SPARE)-1)

#define LOOK(c) if :: (m & BIT(c)) && cur[(c)*NL+ln] < mn -> mn = cur[(c)*NL+ln] :: else fi

proctype producer(byte id; byte ln) {
  byte k, t, pad, L, mn, c, m, s, cnt, r, lim; bit late;        /* lim: the cached lowest gating cursor, plus CAP */
  { cnt = (id == 0 -> NM : NM1); r = id * NM;
    if :: id >= NP -> cnt = SM; r = NP * NM;                    /* [lane.claim] FREE -> LIVE, any lane */
          if :: atomic { st[0] == FREE -> st[0] = LIVE; owner[0] = id; ln = 0 }
             :: atomic { st[1] == FREE -> st[1] = LIVE; owner[1] = id; ln = 1 }
             :: atomic { (fin | dead) == BIT(NP)-1 && dead == 0 -> goto out }      /* nobody died */
          fi
       :: id < NP && IDLE && id == NP-1 -> used = NP;                            /* [lane.used] before the claim */
          atomic { st[ln] == FREE -> st[ln] = LIVE; owner[ln] = id }
       :: else fi;
    lim = tail[ln];                                             /* [attach.tail] nothing is known to be free */
#ifdef CACHE_FREE
    lim = lim + CAP;
#endif
    do
    :: k < cnt ->
       d_step { t = tail[ln]; late = closeReturned; if :: !(begun & BIT(r)) -> begun = begun | BIT(r); pred[r] = returned :: else fi };
#if MAXL == 2
       if :: L = 1 :: atomic { L = 2; pad = ((t % CAP) + L > CAP -> CAP - (t % CAP) : 0) } fi;
#else
       L = 1;
#endif
#ifdef STAMP_EARLY
       d_step { begun = begun | BIT(r); pred[r] = returned; s = STAMP(counter); trueStamp[r] = counter; counter++ };
#endif
#if !defined(NO_GATE)
room:  if
#ifndef NO_CACHE
       :: atomic { t + pad + L <= lim -> skip }
       :: d_step { t + pad + L > lim -> m = mask; mn = 255 };   /* [room.mask] one load ... */
#else
       :: d_step { m = mask; mn = 255 };
#endif
#if M == 2
          d_step { LOOK(0) };                                   /* [room.cursor] ... then each gating cursor */
#endif
          atomic { LOOK(M-1); if :: m != 0 -> lim = mn + CAP :: else fi; mn = 0;                 /* [room.cursor] */
                   if :: m != 0 && t + pad + L <= lim -> m = 0; goto write :: else -> m = 0 fi };
          if :: atomic { shut[ln] -> goto out }                 /* [full.closed] */
             :: atomic { !shut[ln] && ROOMNOW -> goto room }    /* not yet: try again when it may succeed */
          fi
       fi;
write: skip;
#endif
#ifdef TAIL_EARLY
       d_step { tail[ln] = t + pad + L; committed = committed | BIT(r) };
#endif
       atomic { NOOVER(t + pad + L); CHECK(ungated, mask != 0);             /* [write] payload, padding header, header */
         if :: pad > 0 -> hl[ln*CAP + t % CAP] = PADB + pad :: else fi;
         hl[ln*CAP + (t+pad) % CAP] = L; hv[ln*CAP + (t+pad) % CAP] = r + 1; hv[ln*CAP + (t+pad+L-1) % CAP] = r + 1 };
#ifdef STAMP_LATE
       d_step { tail[ln] = t + pad + L; committed = committed | BIT(r) };
#endif
#ifndef STAMP_EARLY
       d_step { s = STAMP(counter); trueStamp[r] = counter; counter++             /* [stamp] take one ... */
#ifdef STRONG
         ; pred[r] = returned
#endif
       };
#endif
       d_step { NOOVER(t + pad + L); hs[ln*CAP + (t+pad) % CAP] = s };            /* [stamp] ... and write it */
#if defined(TAIL_EARLY) || defined(STAMP_LATE)
       returned = returned | BIT(r);
#elif defined(PLAIN_COMMIT)
       d_step { shut[ln] = 0; tail[ln] = t + pad + L; committed = committed | BIT(r); returned = returned | BIT(r) };
#elif defined(CHECKED_COMMIT)
       if :: shut[ln] -> goto out :: else fi;
       d_step { tail[ln] = t + pad + L; committed = committed | BIT(r); returned = returned | BIT(r) };
#else
       atomic { if :: shut[ln] -> goto out                                        /* [commit] compare-exchange; returns */
                   :: else -> CHECK(afterclose, !late); tail[ln] = t + pad + L;
                      committed = committed | BIT(r); returned = returned | BIT(r)
                fi;
                k++; r++; t = 0; pad = 0; L = 0; s = 0 }
#endif
#if defined(TAIL_EARLY) || defined(STAMP_LATE) || defined(PLAIN_COMMIT) || defined(CHECKED_COMMIT)
       atomic { k++; r++; t = 0; pad = 0; L = 0; s = 0 }
#endif
    :: else -> break
    od;
out: skip; d_step { k = 0; r = 0; t = 0; pad = 0; L = 0; mn = 0; c = 0; m = 0; s = 0; cnt = 0; lim = 0; late = 0; fin = fin | BIT(id) } }
#if KILLS
  unless { d_step { killed & BIT(id) -> dead = dead | BIT(id);
             k = 0; r = 0; t = 0; pad = 0; L = 0; mn = 0; c = 0; m = 0; s = 0; cnt = 0; lim = 0; late = 0 } }
#endif
}

proctype fate() { byte v;
  do
  :: kills < KILLS -> atomic { kills++; if :: v = 0 :: v = 1 fi; if :: !(fin & BIT(v)) -> killed = killed | BIT(v) :: else fi; v = 0 }
  :: nc < CKILLS -> atomic { nc++; if :: v = 0 :: v = M-1 fi; ckilled = ckilled | BIT(v); v = 0 }
  :: break
  od }

proctype keeper() { byte l, c, m, tl; bit ok;                   /* frees the lanes of the dead */
  do
  :: atomic { dead & BIT(owner[0]) && st[0] != FREE -> l = 0 }; goto work
  :: atomic { dead & BIT(owner[1]) && st[1] != FREE -> l = 1 }; goto work
  :: ALLDONE -> break;
work:
#ifndef FREE_EARLY
     st[l] = CLOSING;                                           /* [lane.closing] */
again: tl = tail[l];                                            /* [lane.tail] */
     m = mask; ok = 1; c = 0;                                   /* [lane.mask] the mask, then ... */
#ifdef RECLAIM_OWN
     m = m & 1;
#endif
     do :: c < M -> d_step { if :: (m & BIT(c)) && cur[c*NL+l] != tl -> ok = 0 :: else fi; c++ } :: else -> break od;   /* [lane.cursor] */
     if :: !ok || m == 0 -> ((cur[l] == tail[l] || !(mask & 1)) && DRAINED1(l)); goto again :: else fi;
#endif
     skip; d_step { st[l] = FREE; owner[l] = NOBODY; l = 0; c = 0; m = 0; tl = 0; ok = 0 }                              /* [lane.free] */
  od }

proctype closer() { byte l;
  closed = 1;                                                   /* [close.word] */
#ifdef MARK_USED
  do :: l < used -> shut[l] = 1; l++ :: else -> break od;
#else
  do :: l < NL -> shut[l] = 1; l++ :: else -> break od;         /* [close.mark] */
#endif
  closeReturned = 1 }

#define FORGET limit = 0; l = 0; i = 0; np = 0; best = 0; b = 0; r = 0; J = 0; bud = 0; n = 0; x = 0; last = 0; more = 0; \
               life = 0; lanes = 0; tl[0] = 0; tl[1] = 0; pos[0] = 0; pos[1] = 0; pos[NL-1] = 0; tl[NL-1] = 0

proctype consumer(byte id) {
  byte pos[NL], tl[NL], limit, l, i, np, best, b, r, J, bud, n, x, joins, lanes; short life; bit restart, last, more;
birth: skip;
  {
  if
  :: restart ->                                                 /* RESTART (takeOver) */
        x = kept[id];                                           /* [restart.joined] */
        d_step { n = mask; restart = 0 };                       /* [restart.mask] */
        if
#ifdef RESTART_NO_MASK
        :: x != 0 -> skip
#elif defined(RESTART_HALF)
        :: (n & BIT(id)) -> skip
#else
        :: (n & BIT(id)) && x != 0 -> skip
#endif
        :: else -> goto join
        fi;
#ifndef RESTART_NO_J
        J = (x == 0 -> 0 : x - 1);
#endif
        skip; d_step { l = 0; do :: l < NL -> pos[l] = cur[id*NL+l]; l++ :: else -> break od; l = 0; x = 0; n = 0 };   /* [restart.cursor] own words */
#ifdef RESTART_AT_TAIL
        do :: l < NL -> pos[l] = tail[l]; cur[id*NL+l] = pos[l]; l++ :: else -> break od; l = 0;
#endif
        if :: !joined[id] -> d_step { joined[id] = 1; before[id] = begun } :: else fi      /* killed after the join, before it returned */
  :: !restart && id == M-1 && JOIN ->
join:   skip;
        kept[id] = 0;                                           /* [join.undo] a restart from here on joins again */
        l = 0;
#ifndef NO_SNAP1
        do :: l < NL -> x = tail[l]; cur[id*NL+l] = x; l++ :: else -> break od;        /* [join.first] no stale cursor is compared */
#endif
        mask = mask | BIT(id);                                  /* [join.bit] */
#ifdef J_FIRST
        J = counter;
#endif
#ifndef NO_SNAP2
        l = 0; do :: l < NL -> x = tail[l];
#ifdef CACHE_JOIN_LOW
                              x = cur[l];
#endif
                              cur[id*NL+l] = x; l++ :: else -> break od;      /* [join.tail] cursors = tails */
#endif
#if !defined(NO_J) && !defined(J_FIRST)
        J = counter;                                            /* [join.stamp] after the last cursor store */
#endif
        skip; d_step { kept[id] = J + 1; x = 0; n = 0; restart = 0; joins++;                                            /* [join.keep] */
                 l = 0; do :: l < NL -> pos[l] = cur[id*NL+l]; l++ :: else -> break od; l = 0 };
        d_step { if :: !joined[id] -> joined[id] = 1; before[id] = begun :: else fi }                                       /* the join returns */
  :: else fi;
  do
  :: atomic { !NEWREC && ALLDONE && !CLOSE -> break }
  :: atomic { NEWREC ||
#ifdef STOP_ON_WORD
       closed
#else
       closeReturned
#endif
       ->
#ifdef STOP_ON_WORD
       last = closed;
#else
       last = closeReturned;                                    /* told of the close by a message */
#endif
       lanes = NL };
#ifdef LANES_FIRST
     lanes = used;
#endif
#if BUDGET
     if :: bud = 1 :: bud = BUDGET fi;
#else
     bud = 255;
#endif
#ifndef LIMIT_LATE
     limit = STAMP(counter);                                    /* [drain.limit] first the limit ... */
#endif
#if IDLE && !defined(LANES_FIRST)
     lanes = used;                                              /* [drain.lanes] ... then which lanes are in use ... */
#endif
#define SEEN(l) tl[l] = (l < lanes -> tail[l] : pos[l])
     SEEN(0);                                                   /* [drain.tail] ... then every tail */
#if NL == 3
     SEEN(1);
#endif
#if defined(LIMIT_LATE) || defined(CURSOR_EARLY) || defined(NO_LIMIT)
     SEEN(NL-1);
#define LAST skip
#else
#define LAST SEEN(NL-1)
#endif
#ifdef LIMIT_LATE
     limit = STAMP(counter);
#endif
#ifdef NO_LIMIT
     limit = 255;
#endif
#ifdef CURSOR_EARLY
     l = 0; do :: l < NL -> cur[id*NL+l] = tl[l]; l++ :: else -> break od; skip;
#endif
     d_step { LAST;                                             /* [drain.tail]; then merge and copy out */
       n = 0;
       do
       :: b = NL; best = 0; l = 0;
          do
          :: l < NL ->
             if :: pos[l] != tl[l] ->
                   i = l*CAP + pos[l] % CAP;
                   if :: hl[i] > PADB -> i = l*CAP + (pos[l] + hl[i] - PADB) % CAP :: else fi;
#ifdef NO_MERGE
                   if :: b == NL -> best = hs[i]; b = l :: else fi
#else
                   if :: BEFORE(hs[i], limit) && (b == NL || BEFORE(hs[i], best)) -> best = hs[i]; b = l :: else fi
#endif
                :: else fi; l++
          :: else -> break od;
          if
          :: b == NL || n >= bud -> break
          :: else ->
             np = pos[b]; i = b*CAP + np % CAP;
             if :: hl[i] > PADB -> np = np + hl[i] - PADB; i = b*CAP + np % CAP :: else fi;
             CHECK(torn, hl[i] >= 1 && hl[i] <= MAXL && hv[i] > 0);
             r = hv[i] - 1; CHECK(torn, hv[b*CAP + (np + hl[i] - 1) % CAP] == r + 1 && hs[i] == STAMP(trueStamp[r]));
             CHECK(torn, committed & BIT(r)); CHECK(repeated, !(life & BIT(r)));
             CHECK(foreign, owner[b] == (r >= NP*NM -> NP : r / NM));
             if :: trueStamp[r] >= J ->                         /* the joiner drops what is older than its join */
                   if :: whole[id] -> CHECK(unordered, (pred[r] & ~taken[id]) == 0)
                      :: else -> l = 0;                         /* joiner: the same for all that is not older than its first */
                         if :: first[id] == 255 -> first[id] = trueStamp[r] :: else fi;
                         do :: l < NREC -> CHECK(gap, !(pred[r] & BIT(l)) || (taken[id] & BIT(l)) || trueStamp[l] < first[id]); l++ :: else -> break od
                   fi;
#if CKILLS
                   l = 0; do :: l < NREC -> CHECK(unordered, !(life & BIT(l)) || !(pred[l] & BIT(r))); l++ :: else -> break od;
#endif
                   taken[id] = taken[id] | BIT(r); life = life | BIT(r); n++
                :: else fi;
             pos[b] = np + hl[i]; CHECK(torn, pos[b] <= tl[b])
          fi
       od; l = 0; i = 0; np = 0; best = 0; b = 0; r = 0; limit = 0; lanes = 0; bud = 0; n = 0 };
#define STORE(l) if :: atomic { cur[id*NL+l] != pos[l] -> cur[id*NL+l] = pos[l]; tl[l] = 0 } :: atomic { cur[id*NL+l] == pos[l] -> tl[l] = 0 } fi
     STORE(0);                                                  /* [drain.cursor] */
     STORE(1);
#if NL == 3
     STORE(2);
#endif
#if CLOSE
     if :: last -> more = 0;                                    /* the ring is closed: is it empty? */
           do :: l < NL -> more = more | (tail[l] != pos[l]); l++ :: else -> break od;                 /* [work.tail] */
           skip; d_step { l = 0; last = 0 };
           if :: more -> more = 0 :: else -> break fi
        :: else fi;
#endif
     skip
#if LEAVE
  :: (LEAVE == 2 || id == M-1) && joined[id] ->                 /* LEAVE */
#ifdef LEAVE_PLAIN
     n = mask; if :: n == BIT(id) -> goto stay :: else fi;
     skip; d_step { joined[id] = 0; whole[id] = 0; mask = mask & ~BIT(id) };
#else
     if :: atomic { mask != BIT(id) -> joined[id] = 0; whole[id] = 0; mask = mask & ~BIT(id) }        /* [leave.mask] [leave.bit] refused for the last */
        :: atomic { mask == BIT(id) -> goto stay }
     fi;
#endif
     skip; d_step { n = 0; taken[id] = 0; life = 0; first[id] = 255; J = 0; pos[0] = 0; pos[1] = 0; pos[NL-1] = 0 };
     kept[id] = 0;                                              /* [leave.forget] */
     if :: joins < REJOIN + (JOIN && id == M-1) -> goto join :: goto gone fi;
stay: skip
#endif
  od;
gone: skip; d_step { FORGET }
  }
#if CKILLS
  unless { d_step { ckilled & BIT(id) -> ckilled = ckilled & ~BIT(id);
               restart = 1; if :: !joined[id] -> taken[id] = 0; first[id] = 255 :: else fi; FORGET }; goto birth }
#endif
}

/* When nothing can move any more: is all that was committed taken? */
proctype monitor() { byte c, l;
  timeout -> d_step {
    do
    :: c < M ->
       if :: joined[c] && whole[c] -> CHECK(lost, (committed & ~taken[c]) == 0)
          :: joined[c] && !whole[c] -> CHECK(gap, (committed & ~before[c] & ~taken[c]) == 0);          /* all posted after the join */
             l = 0; do :: l < NREC -> CHECK(gap, !(committed & BIT(l)) || trueStamp[l] <= first[c] || (taken[c] & BIT(l))); l++ :: else -> break od
          :: else fi; c++
    :: else -> break
    od } }

init { byte i;
  d_step { used = NL - IDLE;
           i = 0; do :: i < NL -> if :: i < used -> st[i] = LIVE; owner[i] = i :: else -> owner[i] = NOBODY fi; i++ :: else -> break od;
           mask = BIT(M-JOIN) - 1; i = 0;
           do :: i < M -> first[i] = 255; if :: i < M-JOIN -> joined[i] = 1; whole[i] = 1; kept[i] = 1 :: else fi; i++ :: else -> break od; i = 0 };
  atomic { do :: i < NP+SPARE -> run producer(i, i); i++ :: else -> break od; i = 0;
           do :: i < M -> run consumer(i); i++ :: else -> break od; i = 0;
           if :: KILLS + CKILLS > 0 -> run fate() :: else fi;
           if :: KILLS > 0 -> run keeper() :: else fi;
           if :: CLOSE -> run closer() :: else fi;
           run monitor() } }
