//go:build !purego && !race

#include "textflag.h"

// func copyBlocks(dst, src *byte, n int, k Key)
//
// The last 16 bytes are read before anything is written and written after everything else, masked with the key as it
// stands there: so no length needs a loop over bytes, and dst may be src. Where it is long, the first 16 are treated in
// the same way, so that the blocks between can begin where dst is aligned: a store across two cache lines counts twice.
TEXT ·copyBlocks(SB), NOSPLIT, $0-28
	MOVQ   dst+0(FP), DI
	MOVQ   src+8(FP), SI
	MOVQ   n+16(FP), BX
	MOVL   k+24(FP), AX
	MOVQ   AX, X0
	PSHUFL $0, X0, X0
	MOVOU  -16(SI)(BX*1), X1
	LEAQ   -16(DI)(BX*1), DX
	MOVL   BX, CX
	ANDL   $3, CX
	SHLL   $3, CX
	MOVL   AX, R8
	RORL   CX, R8
	MOVQ   R8, X2
	PSHUFL $0, X2, X2
	PXOR   X2, X1
	CMPQ   BX, $256
	JGE    long

blocks64:
	SUBQ  $64, BX
	JLT   blocks16
	MOVOU (SI), X2
	MOVOU 16(SI), X3
	MOVOU 32(SI), X4
	MOVOU 48(SI), X5
	PXOR  X0, X2
	PXOR  X0, X3
	PXOR  X0, X4
	PXOR  X0, X5
	MOVOU X2, (DI)
	MOVOU X3, 16(DI)
	MOVOU X4, 32(DI)
	MOVOU X5, 48(DI)
	ADDQ  $64, SI
	ADDQ  $64, DI
	JMP   blocks64

blocks16:
	ADDQ  $48, BX
	JLT   last

loop16:
	MOVOU (SI), X2
	PXOR  X0, X2
	MOVOU X2, (DI)
	ADDQ  $16, SI
	ADDQ  $16, DI
	SUBQ  $16, BX
	JGE   loop16

last:
	MOVOU X1, (DX)
	RET

long:
	MOVOU  (SI), X6
	PXOR   X0, X6
	MOVQ   DI, R9
	MOVQ   DI, CX
	NEGQ   CX
	ANDQ   $15, CX
	ADDQ   CX, SI
	ADDQ   CX, DI
	SUBQ   CX, BX
	ANDL   $3, CX
	SHLL   $3, CX
	RORL   CX, AX
	MOVQ   AX, X0
	PSHUFL $0, X0, X0
	SUBQ   $128, BX

loop128:
	MOVOU (SI), X2
	MOVOU 16(SI), X3
	MOVOU 32(SI), X4
	MOVOU 48(SI), X5
	MOVOU 64(SI), X7
	MOVOU 80(SI), X8
	MOVOU 96(SI), X9
	MOVOU 112(SI), X10
	PXOR  X0, X2
	PXOR  X0, X3
	PXOR  X0, X4
	PXOR  X0, X5
	PXOR  X0, X7
	PXOR  X0, X8
	PXOR  X0, X9
	PXOR  X0, X10
	MOVOA X2, (DI)
	MOVOA X3, 16(DI)
	MOVOA X4, 32(DI)
	MOVOA X5, 48(DI)
	MOVOA X7, 64(DI)
	MOVOA X8, 80(DI)
	MOVOA X9, 96(DI)
	MOVOA X10, 112(DI)
	ADDQ  $128, SI
	ADDQ  $128, DI
	SUBQ  $128, BX
	JGE   loop128
	MOVOU X6, (R9)
	ADDQ  $128, BX
	JMP   blocks64
