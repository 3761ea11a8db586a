/* THE RING, model 2 of 2: NO LOST WAKE-UP, NO WEDGE, JOIN / LEAVE / RESTART, CLOSE, GATES.   (Order and data: lanes-safety.pml)

   Memory: sequentially consistent = JS Atomics; every atomic access is one step.  wait / waitAsync is exact: it queues only
   if the word still has the expected value, and only a notify (not a change of the word) wakes what is queued.
   Records are one unit and carry only their stamp.  A waitAsync that is pending is `queued` until a notify, then `fired` until
   its callback runs; like the code, a thread that woke for another reason leaves it pending and goes on with it.
   When nothing can move any more, monitor() asserts that nothing is left undone: so a lost wake-up is an assertion.

   [name] beside a step: the same name stands as [model: name] beside the operation in src/shared/ring.

   SIZE   P producers = lanes (1,2)   NM records each (NM1: of the second)   CAP records per lane   M consumers (1,2)
          SPARE=1 late producer: waits for a freed lane, then posts one record
          KILLS producers killed, PAUSES producers stopped for ever without being dead, CKILLS consumers killed and restarted,
          each between any two steps      JOIN=1 the last consumer joins at any time (M=1: posts are 'full' until then)
          LEAVE=1 the last consumer may leave at any time, =2 every one may; REJOIN how often it may come back
          CLOSE=1 the ring is closed at any time      OTHER how often a consumer wakes for another reason than its bell
          GATE=1 consumer 0 may shut a gate once, before the posts of producer 0, and opens it later; =2 opens it never
          GIVEUPS how often a waiting post is given up and the next one begun, its waitAsync left pending
   CHECKS stuck      every producer posts all it has, or is answered 'closed': nobody waits for ever
          asleep     no consumer sleeps over a record
          unfreed    the lane of a dead producer is given back        unclaimed   who waits for a lane gets a freed one
          unclosed   every consumer learns of a close, every lane is marked
   No endless spinning: NP, no cycle at all (there is no progress label).
   GOOD VARIANT   KEEP_BELL a waitAsync that is kept pending is gone on with without bell = 1: a notify wakes it all the same
   BROKEN VARIANTS (runs.txt lists the size that shows each)
          XCHG_BELL doorbell empties SLEEPERS by exchange     NO_NOTIFY_IF_ZERO ringer skips the notify when the bell is 0
          RINGER_CLEARS ringer clears the bit after its notify     NO_RING no doorbell
          NO_RECHECK  RECHECK_SEEN (compares with the tails seen, not the cursor)     NO_DEATH_RING
          PEND_NO_BIT sleeps on a pending waitAsync without its bit    PEND_NO_LOOK ... without looking again
          PEND_NO_CALL a pending waitAsync that fires while awake is forgotten without a turn, also once asleep again
          NO_SECOND_TRY full-wait without trying again     SPACE_LATE SPACE read after WAITING = 1 and the second try
          WAITING_FIRST_SPACE consumer adds to SPACE before WAITING = 0
          NO_JOIN_WAKE  NO_LEAVE_WAKE  NO_RESTART_WAKE  NO_GATE_WAKE  NO_CLOSE_WAKE  NO_CLOSE_RING  NO_CLOSE_FREED
          CLOSE_NOT_LOOKED the look before sleep is at the tails only: a close between the turn and bell = 1 is missed
          JOIN_AGAIN_ONLY_CHECKS a restart that has to join again only checks WAITING, instead of waking every lane
          RESTART_KEEPS_GATE restart leaves its gates shut
          CLOSE_WAKE_FIRST close wakes a lane before it marks it     FREED_LATE LANES_FREED read after the look for a lane
          RECLAIM_ALL the keeper looks at every cursor, not at the mask first */
#ifndef P
#define P 2
#endif
#ifndef NM
#define NM 2
#endif
#ifndef NM1
#define NM1 NM
#endif
#ifndef CAP
#define CAP 1
#endif
#ifndef M
#define M 1
#endif
#ifndef SPARE
#define SPARE 0
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef PAUSES
#define PAUSES 0
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
#ifndef OTHER
#define OTHER 0
#endif
#ifndef GATE
#define GATE 0
#endif
#ifndef GIVEUPS
#define GIVEUPS 0
#endif
#define NL P
#define FREE 0
#define LIVE 1
#define CLOSING 2
#define NOBODY 7
#define BIT(i) (1<<(i))
/* an assertion with a name: the names are constants, 0, and stand in what the checker prints */
hidden byte stuck, asleep, unfreed, unclaimed, unclosed, overwritten;
#define CHECK(name, condition) assert((condition) || name)

/* shared words */
byte counter, tail[NL], cur[M*NL], hs[NL*CAP], mask, sleepers, space[NL], st[NL], owner[NL];
bit bell[M], waiting[NL], shut[NL], kept[M];
#if CLOSE
bit closed, saw[M];
#endif
#if SPARE
byte freed; bit lanequeue;
#endif
#if GATE
bit gate, gateused;
#endif
/* wait queues */
bit queued[M], fired[M], roomqueued[NL], roomfired[NL];
/* ghosts */
byte killed, paused, ckilled, dead, fin, nk, npau, nc, others, gives; bit joined[M];

#define NOTIFY(c) d_step { if :: queued[c] -> queued[c] = 0; fired[c] = 1 :: else fi }
#define RING(c)   bell[c] = 0; /* [ring.bell] */ NOTIFY(c)  /* [ring.notify] */
#ifdef NO_NOTIFY_IF_ZERO
#define BELL0(c)  if :: bell[c] -> bell[c] = 0 :: else -> goto rung fi
#else
#define BELL0(c)  bell[c] = 0
#endif
#define RINGER(c) sleepers = sleepers & ~BIT(c)
#define NOTIFYROOM(l) d_step { if :: roomqueued[l] -> roomqueued[l] = 0; roomfired[l] = 1 :: else fi }
#define FORCE(l)  waiting[l] = 0; /* [wake.clear] */ space[l]++; /* [wake.add] */ NOTIFYROOM(l) /* [wake.notify] */
#ifdef WAITING_FIRST_SPACE
#define WAKE(l)   if :: waiting[l] -> space[l]++; NOTIFYROOM(l); waiting[l] = 0 :: else fi
#else
#define WAKE(l)   if :: waiting[l] /* [wake.check] */ -> FORCE(l) :: else fi
#endif
#define OVERALL(x) x = 0; do :: x < NL ->
#define OD(x)      x++ :: else -> break od; x = 0

#define LOOK(c) if :: (m & BIT(c)) && cur[(c)*NL+ln] < mn -> mn = cur[(c)*NL+ln] :: else fi
#define NOOVER  CHECK(overwritten, (!joined[0] || tail[ln] + 1 - cur[ln] <= CAP) && (!joined[M-1] || tail[ln] + 1 - cur[(M-1)*NL+ln] <= CAP))

proctype producer(byte id; byte ln) {
  byte k, mn, m, c, s, v, lim; bit armed;                       /* lim: the cached lowest gating cursor, plus CAP */
  { 
#if SPARE
    if :: id >= P ->                                            /* wait for a lane */
claim:    skip;
#ifndef FREED_LATE
          s = freed;                                            /* [attach.freed] */
#endif
          if :: atomic { st[0] == FREE -> st[0] = LIVE; owner[0] = id; ln = 0 } /* [lane.claim] */
             :: atomic { st[0] != FREE && NL == 1 -> ln = 9 }
#if NL == 2
             :: atomic { st[0] != FREE -> ln = 9 };
                if :: atomic { st[1] == FREE -> st[1] = LIVE; owner[1] = id; ln = 1 }
                   :: atomic { st[1] != FREE }
                fi
#endif
          fi;
          if :: ln == 9 ->
#if CLOSE
                if :: closed -> goto out :: else fi;            /* [attach.closed] */
#endif
#ifdef FREED_LATE
                s = freed;
#endif
                skip; d_step { if :: freed == s -> lanequeue = 1 :: else fi; s = 0; ln = id };        /* [attach.wait] */
                (!lanequeue); goto claim
             :: else -> s = 0
          fi
       :: else fi;
#endif
    lim = tail[ln];                                             /* [attach.tail] */
    do
    :: k < (id == 0 -> NM : (id < P -> NM1 : 1)) ->
try:   skip;
#if GATE
       if :: atomic { id == 0 && gate -> goto noroom } :: atomic { !(id == 0 && gate) } fi;        /* [gate.look] */
#endif
room:  if
       :: d_step { tail[ln] + 1 <= lim -> NOOVER; hs[ln*CAP + tail[ln] % CAP] = counter; counter++; armed = 0; s = 0 }     /* [stamp] */
       :: d_step { tail[ln] + 1 > lim -> m = mask; mn = 255 };  /* [room.mask] */
#if M == 2
          d_step { LOOK(0) };                                   /* [room.cursor] */
#endif
          atomic { LOOK(M-1);                                   /* [room.cursor] */
                   if :: m != 0 -> lim = mn + CAP :: else fi; mn = 0;
                   if :: m == 0 || tail[ln] + 1 > lim -> m = 0 :: else -> m = 0; goto room fi };
noroom:      skip;
#if CLOSE
             if :: shut[ln] -> goto out :: else fi;             /* [full.closed] */
#endif
             if
             :: atomic { !armed -> skip };                      /* FULL-WAIT: announce, try again */
#ifndef SPACE_LATE
announce:       s = space[ln];                                  /* [wait.space] */
#else
announce:       skip;
#endif
                d_step { waiting[ln] = 1; armed = 1 };          /* [wait.announce] */
#ifdef NO_SECOND_TRY
                goto park
#else
                goto try                                        /* [wait.retry] */
#endif
             :: atomic { armed -> skip };
#ifdef SPACE_LATE
                s = space[ln];
#endif
park:           atomic {
                  if :: roomqueued[ln] || roomfired[ln] -> skip                            /* one is pending: go on with it */
                     :: else -> if :: space[ln] == s -> roomqueued[ln] = 1 :: else -> roomfired[ln] = 1 fi
                  fi; s = 0 };                                  /* [wait.queue] */
                if
                :: atomic { roomfired[ln] -> roomfired[ln] = 0; goto announce }
#if GIVEUPS
                :: atomic { gives < GIVEUPS -> gives++; armed = 0 };
                   if :: atomic { roomfired[ln] -> roomfired[ln] = 0 } :: skip fi;         /* its callback may run in between */
                   goto try
#endif
                fi
             fi
       fi;
#if CLOSE
       atomic { if :: shut[ln] -> goto out :: else -> tail[ln] = tail[ln] + 1 fi };        /* [commit] */
#else
       tail[ln] = tail[ln] + 1;                                 /* [commit] */
#endif
#ifndef NO_RING
       if
       :: atomic { sleepers == 0 -> skip }
#ifdef XCHG_BELL
       :: d_step { sleepers != 0 -> m = sleepers; sleepers = 0 };
#else
       :: d_step { sleepers != 0 -> m = sleepers };             /* [look] the doorbell: look, ring; the bits stay */
#endif
          if :: atomic { m & 1 -> BELL0(0) }; NOTIFY(0)
#ifdef RINGER_CLEARS
             ; RINGER(0)
#endif
             :: atomic { !(m & 1) -> skip } fi;
#if M == 2
          if :: atomic { m & 2 -> BELL0(1) }; NOTIFY(1)
#ifdef RINGER_CLEARS
             ; RINGER(1)
#endif
             :: atomic { !(m & 2) -> skip } fi;
#endif
          m = 0
       fi;
#endif
rung:  atomic { k++; m = 0 }
    :: else -> break
    od;
out: skip; d_step { k = 0; m = 0; c = 0; s = 0; v = 0; lim = 0; armed = 0; fin = fin | BIT(id) } }
#if KILLS + PAUSES
  unless { if :: d_step { killed & BIT(id) -> dead = dead | BIT(id); k = 0; mn = 0; m = 0; c = 0; s = 0; v = 0; lim = 0; armed = 0;
                   if :: ln < NL && owner[ln] == id -> roomqueued[ln] = 0; roomfired[ln] = 0 :: else fi }
              :: (paused & BIT(id)) -> skip fi }
#endif
}

proctype fate() { byte v;
  do
  :: nk < KILLS -> atomic { nk++; if :: v = 0 :: v = P-1 fi; if :: !((fin | paused) & BIT(v)) -> killed = killed | BIT(v) :: else fi; v = 0 }
  :: npau < PAUSES -> atomic { npau++; if :: v = 0 :: v = P-1 fi; if :: !((fin | killed) & BIT(v)) -> paused = paused | BIT(v) :: else fi; v = 0 }
  :: nc < CKILLS -> atomic { nc++; if :: v = 0 :: v = M-1 fi; ckilled = ckilled | BIT(v); v = 0 }
  :: nk + npau + nc == KILLS + PAUSES + CKILLS -> break
  :: break
  od }

proctype keeper() { byte l, c, m, t; bit ok;                    /* learns of every death */
end: do
  :: atomic { dead & BIT(owner[0]) && st[0] == LIVE -> l = 0 }; goto work
#if NL == 2
  :: atomic { dead & BIT(owner[1]) && st[1] == LIVE -> l = 1 }; goto work
#endif
  ;
work: st[l] = CLOSING;                                          /* [lane.closing] */
#ifndef NO_DEATH_RING
     c = 0; do :: c < M -> RING(c); c++ :: else -> break od;    /* [lane.ring] */
#endif
again: t = tail[l];                                             /* [lane.tail] */
     m = mask; ok = (m != 0); c = 0;                            /* [lane.mask] */
#ifdef RECLAIM_ALL
     m = 3;
#endif
     do :: c < M -> d_step { if :: (m & BIT(c)) && cur[c*NL+l] != t -> ok = false :: else fi; c++ } :: else -> break od;   /* [lane.cursor] */
     if :: !ok ->
#ifdef RECLAIM_ALL
endw:      (cur[l] == tail[l] && cur[(M-1)*NL+l] == tail[l]); goto again
#else
endw:      (mask != 0 && (!(mask & 1) || cur[l] == tail[l]) && (!(mask & BIT(M-1)) || cur[(M-1)*NL+l] == tail[l])); goto again
#endif
        :: else fi;
     skip; d_step { st[l] = FREE; owner[l] = NOBODY; c = 0; m = 0; t = 0; ok = false };    /* [lane.free] */
#if SPARE
     freed++;                                                   /* [lane.freed] */
     lanequeue = 0;                                             /* [lane.notify] */
#endif
     l = 0
  od }

#if CLOSE
proctype closer() { byte l, c;
  closed = 1;                                                   /* [close.word] */
  do :: l < NL ->
#ifdef CLOSE_WAKE_FIRST
        FORCE(l);
#endif
        shut[l] = 1;                                            /* [close.mark] */
#if !defined(NO_CLOSE_WAKE) && !defined(CLOSE_WAKE_FIRST)
        FORCE(l);                                               /* [close.wake] */
#endif
        l++ :: else -> break od;
#if SPARE && !defined(NO_CLOSE_FREED)
  freed++;                                                      /* [close.freed] */
  lanequeue = 0;                                                /* [close.notify] */
#endif
#ifndef NO_CLOSE_RING
  do :: c < M -> RING(c); c++ :: else -> break od;              /* [close.ring] */
#endif
  skip }
#endif

proctype consumer(byte id) {
  byte pos[NL], tl[NL], limit, l, x; bit in, restart, mine, left; byte joins;
birth: skip;
  {
  if :: restart ->                                              /* RESTART (takeOver): same slot, stored cursors */
        sleepers = sleepers & ~BIT(id);                         /* [restart.bit] */
        skip; d_step { x = kept[id]; restart = 0 };             /* [restart.joined] */
        if :: x && (mask & BIT(id)) -> x = 0;                   /* [restart.mask] */
              d_step { l = 0; do :: l < NL -> pos[l] = cur[id*NL+l]; l++ :: else -> break od; l = 0; in = 1; joined[id] = 1 }     /* [restart.cursor] */
           :: else -> x = 2; goto join
        fi;
woken:  x = 0;
#ifndef NO_RESTART_WAKE
        OVERALL(l) FORCE(l); OD(l);                             /* [restart.wake] */
#endif
#if GATE
        if :: id == 0 ->                                        /* the service's duty: it does not know its gates */
#ifndef RESTART_KEEPS_GATE
              gate = 0;                                         /* [gate.open] */
              OVERALL(l) WAKE(l); OD(l);                        /* [gate.wake] */
#endif
              skip
           :: else fi;
#endif
        skip
     :: !restart && !(id == M-1 && JOIN) -> in = 1
     :: !restart && id == M-1 && JOIN ->
join:   skip;
        kept[id] = 0;                                           /* [join.undo] */
        OVERALL(l) limit = tail[l]; cur[id*NL+l] = limit; OD(l);                           /* [join.first] */
        mask = mask | BIT(id);                                  /* [join.bit] */
        OVERALL(l) limit = tail[l]; cur[id*NL+l] = limit; OD(l);                           /* [join.tail] */
        limit = counter;                                        /* [join.stamp] */
        d_step { kept[id] = 1; joined[id] = 1; in = 1; joins++; limit = 0;                 /* [join.keep] */
                 l = 0; do :: l < NL -> pos[l] = cur[id*NL+l]; l++ :: else -> break od; l = 0 };
#ifndef NO_JOIN_WAKE
        OVERALL(l) WAKE(l); OD(l);                              /* [join.wake] */
#endif
#ifndef JOIN_AGAIN_ONLY_CHECKS
        if :: x == 2 -> goto woken :: else fi
#else
        x = 0
#endif
  fi;
  do
  :: in ->
     /* DRAIN */
#if OTHER || GATE
     if :: fired[id] -> fired[id] = 0 :: skip fi;               /* the callback of a waitAsync may run before this turn, or later */
#endif
#if CLOSE
     if :: closed -> saw[id] = 1 :: else fi;                    /* [close.seen] */
#endif
     limit = counter;                                           /* [drain.limit] */
#if NL == 2
     tl[0] = tail[0];                                           /* [drain.tail] */
#endif
     d_step { tl[NL-1] = tail[NL-1]; l = 0;                     /* [drain.tail]; then the merge, which is private */
       do :: l < NL -> do :: pos[l] != tl[l] && hs[l*CAP + pos[l] % CAP] < limit -> pos[l]++ :: else -> break od; l++ :: else -> break od;
       limit = 0; l = 0;
#ifndef RECHECK_SEEN
       tl[0] = 0; tl[NL-1] = 0
#endif
     };
     if :: atomic { cur[id*NL] != pos[0] -> cur[id*NL] = pos[0] }; WAKE(0)                 /* [drain.cursor] */
        :: atomic { cur[id*NL] == pos[0] -> skip } fi;
#if NL == 2
     if :: atomic { cur[id*NL+1] != pos[1] -> cur[id*NL+1] = pos[1] }; WAKE(1)
        :: atomic { cur[id*NL+1] == pos[1] -> skip } fi;
#endif
#if GATE
     /* GATE */
     if :: id == 0 && !gateused -> if :: skip :: d_step { gate = 1; gateused = 1; mine = 1 } fi          /* [gate.shut] */
        :: else fi;
#endif
     /* LEAVE */
#if LEAVE
     if :: LEAVE == 2 || id == M-1 ->
           if :: skip
              :: atomic { mask != BIT(id) -> joined[id] = 0; in = 0; mask = mask & ~BIT(id) };           /* [leave.mask] [leave.bit] */
                 kept[id] = 0;                                  /* [leave.forget] */
#ifndef NO_LEAVE_WAKE
                 OVERALL(l) WAKE(l); OD(l);                     /* [leave.wake] */
#endif
                 if :: joins < REJOIN + (JOIN && id == M-1) -> goto join :: else -> goto over fi
           fi
        :: else fi;
#endif
     /* SLEEP */
#ifdef KEEP_BELL
     if :: queued[id] || fired[id] -> skip :: else -> bell[id] = 1 fi;
#else
     bell[id] = 1;                                              /* [sleep.bell] */
#endif
#ifdef PEND_NO_BIT
     if :: queued[id] -> skip :: else -> sleepers = sleepers | BIT(id) fi;
#else
     sleepers = sleepers | BIT(id);                             /* [sleep.bit] */
#endif
#ifndef NO_RECHECK
#ifdef PEND_NO_LOOK
     if :: queued[id] -> goto park :: else fi;
#endif
#ifdef RECHECK_SEEN
#define READ(l) tl[l]
#else
#define READ(l) cur[id*NL+l]
#endif
     if :: atomic { tail[0] != READ(0) -> goto awake } :: atomic { tail[0] == READ(0) -> skip } fi;      /* [work.tail] */
#if NL == 2
     if :: atomic { tail[1] != READ(1) -> goto awake } :: atomic { tail[1] == READ(1) -> skip } fi;
#endif
#if CLOSE && !defined(CLOSE_NOT_LOOKED)
     if :: atomic { closed && !saw[id] -> goto awake }          /* [close.seen] what a bell tells of is looked at after bell = 1 */
        :: atomic { !(closed && !saw[id]) -> skip } fi;
#endif
#endif
park:
#ifdef PEND_NO_CALL
     left = (queued[id] || fired[id]);
#endif
     atomic { if :: queued[id] || fired[id] -> skip             /* one is pending: go on with it */
                 :: else -> if :: bell[id] -> queued[id] = 1 :: else -> goto awake fi                    /* [sleep.wait] */
              fi };
endsl: if
     :: atomic { fired[id] -> fired[id] = 0 }
#ifdef PEND_NO_CALL
        ; if :: left -> left = 0; goto endsl :: else fi
#endif
#if OTHER
     :: atomic { others < OTHER -> others++ }
#endif
#if GATE == 1
     :: mine -> gate = 0;                                       /* [gate.open] */
#ifndef NO_GATE_WAKE
        OVERALL(l) WAKE(l); OD(l);                              /* [gate.wake] */
#endif
        mine = 0
#endif
     fi;
awake: atomic { sleepers = sleepers & ~BIT(id); tl[0] = 0; tl[NL-1] = 0 }                  /* [sleep.clear] */
  od;
over: skip }
#if CKILLS
  unless { d_step { ckilled & BIT(id) -> ckilled = ckilled & ~BIT(id); queued[id] = 0; fired[id] = 0; restart = 1; in = 0; mine = 0;
                               limit = 0; l = 0; x = 0; tl[0] = 0; tl[NL-1] = 0 }; goto birth }
#endif
}

proctype monitor() { byte c, l;
  timeout -> d_step {
    CHECK(stuck, ((fin | dead | paused) & (BIT(P)-1)) == BIT(P)-1);
#if SPARE
    CHECK(unclaimed, paused || (fin & BIT(P)) || (st[0] != FREE && st[NL-1] != FREE && !(CLOSE)));
#endif
    l = 0;
    do :: l < NL ->
          CHECK(stuck, owner[l] != P || (fin & BIT(P)));
          CHECK(unfreed, st[l] != CLOSING || mask == 0);
#if CLOSE
          CHECK(unclosed, shut[l]);
#endif
          c = 0;
          do :: c < M ->
                CHECK(asleep, !(mask & BIT(c)) || (owner[l] < NOBODY && (paused & BIT(owner[l]))) || cur[c*NL+l] == tail[l]);
#if CLOSE
                CHECK(unclosed, !(mask & BIT(c)) || saw[c]);
#endif
                c++
             :: else -> break od; l++
       :: else -> break od } }

init { byte i;
  d_step { i = 0; do :: i < NL -> st[i] = LIVE; owner[i] = i; i++ :: else -> break od;
           mask = BIT(M-JOIN) - 1; i = 0; do :: i < M-JOIN -> joined[i] = 1; kept[i] = 1; i++ :: else -> break od; i = 0 };
  atomic { do :: i < P+SPARE -> run producer(i, i); i++ :: else -> break od; i = 0;
           do :: i < M -> run consumer(i); i++ :: else -> break od; i = 0;
           if :: KILLS + PAUSES + CKILLS > 0 -> run fate() :: else fi;
           if :: KILLS > 0 -> run keeper() :: else fi;
#if CLOSE
           run closer();
#endif
           run monitor() } }
