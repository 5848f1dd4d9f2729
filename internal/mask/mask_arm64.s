//go:build !purego && !race

#include "textflag.h"

// func copyBlocks(dst, src *byte, n int, k Key)
//
// The last 16 bytes are read before anything is written and written after everything else, masked with the key as it
// stands there: so no length needs a loop over bytes, and dst may be src.
TEXT ·copyBlocks(SB), NOSPLIT, $0-28
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	MOVWU k+24(FP), R3
	VDUP  R3, V0.S4
	ADD   R1, R2, R4
	SUB   $16, R4, R4
	VLD1  (R4), [V1.B16]
	ADD   R0, R2, R5
	SUB   $16, R5, R5
	AND   $3, R2, R6
	LSL   $3, R6, R6
	RORW  R6, R3, R7
	VDUP  R7, V2.S4
	VEOR  V2.B16, V1.B16, V1.B16
	SUBS  $64, R2, R2
	BLT   blocks16

loop64:
	VLD1.P 64(R1), [V4.B16, V5.B16, V6.B16, V7.B16]
	VEOR   V0.B16, V4.B16, V4.B16
	VEOR   V0.B16, V5.B16, V5.B16
	VEOR   V0.B16, V6.B16, V6.B16
	VEOR   V0.B16, V7.B16, V7.B16
	VST1.P [V4.B16, V5.B16, V6.B16, V7.B16], 64(R0)
	SUBS   $64, R2, R2
	BGE    loop64

blocks16:
	ADDS $48, R2, R2
	BLT  last

loop16:
	VLD1.P 16(R1), [V4.B16]
	VEOR   V0.B16, V4.B16, V4.B16
	VST1.P [V4.B16], 16(R0)
	SUBS   $16, R2, R2
	BGE    loop16

last:
	VST1 [V1.B16], (R5)
	RET
