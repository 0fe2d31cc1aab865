;; Reads memory from its start to $end, a multiple of 128, and returns something that depends on all of
;; it. Eight sums, so that none of them waits for itself.
(module
  (import "env" "memory" (memory 1))
  (func (export "stream") (param $end i32) (result i32)
    (local $at i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (loop $next
      (local.set $a (i32x4.add (local.get $a) (v128.load (local.get $at))))
      (local.set $b (i32x4.add (local.get $b) (v128.load offset=16 (local.get $at))))
      (local.set $c (i32x4.add (local.get $c) (v128.load offset=32 (local.get $at))))
      (local.set $d (i32x4.add (local.get $d) (v128.load offset=48 (local.get $at))))
      (local.set $e (i32x4.add (local.get $e) (v128.load offset=64 (local.get $at))))
      (local.set $f (i32x4.add (local.get $f) (v128.load offset=80 (local.get $at))))
      (local.set $g (i32x4.add (local.get $g) (v128.load offset=96 (local.get $at))))
      (local.set $h (i32x4.add (local.get $h) (v128.load offset=112 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 128)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32x4.extract_lane 0
      (i32x4.add
        (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (local.get $c) (local.get $d)))
        (i32x4.add (i32x4.add (local.get $e) (local.get $f)) (i32x4.add (local.get $g) (local.get $h)))))))
