//go:build !purego && !race

#include "textflag.h"

// FAULTS ors what is wrong with the 16 bytes of V0 to V8. V1, V2 and V3 have the bytes one, two and three places before each.
#define FAULTS \
	VUSHR $4, V1.B16, V4.B16         \
	VAND  V15.B16, V1.B16, V1.B16    \
	VUSHR $4, V0.B16, V5.B16         \
	VTBL  V4.B16, [V12.B16], V4.B16  \
	VTBL  V1.B16, [V13.B16], V1.B16  \
	VTBL  V5.B16, [V14.B16], V5.B16  \
	VUMAX V11.B16, V2.B16, V2.B16    \
	VUMAX V10.B16, V3.B16, V3.B16    \
	VSUB  V11.B16, V2.B16, V2.B16    \
	VSUB  V10.B16, V3.B16, V3.B16    \
	VAND  V1.B16, V4.B16, V4.B16     \
	VORR  V2.B16, V3.B16, V3.B16     \
	VAND  V5.B16, V4.B16, V4.B16     \
	VAND  V9.B16, V3.B16, V3.B16     \
	VEOR  V3.B16, V4.B16, V4.B16     \
	VORR  V4.B16, V8.B16, V8.B16

// BLOCK is FAULTS for the 16 bytes at R0, which moves on.
#define BLOCK \
	SUB    $1, R0, R4         \
	SUB    $2, R0, R5         \
	SUB    $3, R0, R6         \
	VLD1.P 16(R0), [V0.B16]   \
	VLD1   (R4), [V1.B16]     \
	VLD1   (R5), [V2.B16]     \
	VLD1   (R6), [V3.B16]     \
	FAULTS

// func validBlocks(p *byte, n int, t *tables) bool
//
// The first block has nothing before it: zeros. The last one ends where p does and overlaps the one before: looking at
// a byte twice finds nothing new, as its neighbours are the same.
TEXT ·validBlocks(SB), NOSPLIT, $0-25
	MOVD p+0(FP), R0
	MOVD n+8(FP), R1
	MOVD t+16(FP), R2
	ADD  R0, R1, R1  // the end
	SUB  $16, R1, R3 // where the last block begins
	SUB  $64, R1, R7

	VMOVI  $0x0F, V15.B16
	VMOVI  $0x80, V9.B16
	VMOVI  $0x70, V10.B16 // F0 less 80
	VMOVI  $0x60, V11.B16 // E0 less 80
	VLD1.P 48(R2), [V12.B16, V13.B16, V14.B16]
	ADD    $16, R2
	VLD1   (R2), [V7.B16]
	VEOR   V8.B16, V8.B16, V8.B16

	VLD1.P 16(R0), [V0.B16]
	VEXT   $15, V0.B16, V8.B16, V1.B16
	VEXT   $14, V0.B16, V8.B16, V2.B16
	VEXT   $13, V0.B16, V8.B16, V3.B16
	FAULTS

loop64:
	CMP  R7, R0
	BHI  loop16
	VLD1 (R0), [V0.B16, V1.B16, V2.B16, V3.B16]
	VORR V0.B16, V1.B16, V1.B16
	VORR V2.B16, V3.B16, V3.B16
	VORR V1.B16, V3.B16, V3.B16
	VMOV V3.D[0], R4
	VMOV V3.D[1], R5
	ORR  R4, R5
	TST  $0x8080808080808080, R5
	BNE  dense
	SUB  $16, R0, R4
	VLD1 (R4), [V1.B16]            // nothing of it may want to go on
	VUMAX V7.B16, V1.B16, V1.B16
	VEOR V7.B16, V1.B16, V1.B16
	VORR V1.B16, V8.B16, V8.B16
	ADD  $64, R0
	B    loop64

dense:
	BLOCK
	BLOCK
	BLOCK
	BLOCK
	B loop64

loop16:
	CMP R3, R0
	BHS last
	BLOCK
	B   loop16

last:
	MOVD R3, R0
	BLOCK
	VMOV V8.D[0], R4
	VMOV V8.D[1], R5
	ORR  R4, R5
	CMP  $0, R5
	CSET EQ, R4
	MOVB R4, ret+24(FP)
	RET
