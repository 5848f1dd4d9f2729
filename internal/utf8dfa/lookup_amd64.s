//go:build !purego && !race

#include "textflag.h"

// FAULTS ors what is wrong with the 32 bytes of Y0 to Y8. Y1, Y2 and Y3 have the bytes one, two and three places before each.
#define FAULTS \
	VPSRLW   $4, Y1, Y4    \
	VPAND    Y15, Y4, Y4   \
	VPAND    Y15, Y1, Y1   \
	VPSRLW   $4, Y0, Y5    \
	VPAND    Y15, Y5, Y5   \
	VPSHUFB  Y4, Y12, Y4   \
	VPSHUFB  Y1, Y13, Y1   \
	VPSHUFB  Y5, Y14, Y5   \
	VPSUBUSB Y11, Y2, Y2   \
	VPSUBUSB Y10, Y3, Y3   \
	VPAND    Y1, Y4, Y4    \
	VPOR     Y2, Y3, Y3    \
	VPAND    Y5, Y4, Y4    \
	VPAND    Y9, Y3, Y3    \
	VPXOR    Y3, Y4, Y4    \
	VPOR     Y4, Y8, Y8

// NEIGHBOURS loads what FAULTS takes.
#define NEIGHBOURS(at) \
	VMOVDQU at+0(SI), Y0  \
	VMOVDQU at-1(SI), Y1  \
	VMOVDQU at-2(SI), Y2  \
	VMOVDQU at-3(SI), Y3

// func validBlocks(p *byte, n int, t *tables) bool
//
// The first block has nothing before it: zeros. The last one ends where p does and overlaps the one before: looking at
// a byte twice finds nothing new, as its neighbours are the same.
TEXT ·validBlocks(SB), NOSPLIT, $0-25
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), DX
	ADDQ SI, DX      // the end
	MOVQ t+16(FP), AX

	MOVL         $0x0F0F0F0F, CX
	MOVQ         CX, X15
	VPBROADCASTD X15, Y15
	MOVL         $0x80808080, CX
	MOVQ         CX, X9
	VPBROADCASTD X9, Y9
	MOVL         $0x70707070, CX // F0 less 80
	MOVQ         CX, X10
	VPBROADCASTD X10, Y10
	MOVL         $0x60606060, CX // E0 less 80
	MOVQ         CX, X11
	VPBROADCASTD X11, Y11

	VBROADCASTI128 0(AX), Y12
	VBROADCASTI128 16(AX), Y13
	VBROADCASTI128 32(AX), Y14
	VMOVDQU        48(AX), Y7
	VPXOR          Y8, Y8, Y8

	VMOVDQU    (SI), Y0
	VPERM2I128 $0x08, Y0, Y0, Y6 // its low half above zeros
	VPALIGNR   $15, Y6, Y0, Y1
	VPALIGNR   $14, Y6, Y0, Y2
	VPALIGNR   $13, Y6, Y0, Y3
	FAULTS
	ADDQ       $32, SI

	LEAQ -128(DX), R8
	CMPQ SI, R8
	JA   short

loop128:
	VMOVDQU   (SI), Y0
	VMOVDQU   64(SI), Y1
	VPOR      32(SI), Y0, Y2
	VPOR      96(SI), Y1, Y3
	VPOR      Y2, Y3, Y3
	VPMOVMSKB Y3, CX
	TESTL     CX, CX
	JNZ       dense
	VMOVDQU   -32(SI), Y1 // nothing of it may want to go on
	VPSUBUSB  Y7, Y1, Y1
	VPOR      Y1, Y8, Y8
	ADDQ      $128, SI
	CMPQ      SI, R8
	JBE       loop128
	JMP       short

dense:
	NEIGHBOURS(0)
	FAULTS
	NEIGHBOURS(32)
	FAULTS
	NEIGHBOURS(64)
	FAULTS
	NEIGHBOURS(96)
	FAULTS
	ADDQ $128, SI
	CMPQ SI, R8
	JBE  loop128

short:
	LEAQ -32(DX), R8
	CMPQ SI, R8
	JAE  last

loop32:
	NEIGHBOURS(0)
	FAULTS
	ADDQ $32, SI
	CMPQ SI, R8
	JB   loop32

last:
	MOVQ R8, SI
	NEIGHBOURS(0)
	FAULTS
	VPTEST Y8, Y8
	SETEQ  ret+24(FP)
	VZEROUPPER
	RET

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB  $0, ret+0(FP)
	MOVL  $0, AX
	CPUID
	CMPL  AX, $7
	JLT   no
	MOVL  $1, AX
	MOVL  $0, CX
	CPUID
	ANDL  $0x18000000, CX // OSXSAVE and AVX
	CMPL  CX, $0x18000000
	JNE   no
	MOVL  $0, CX
	XGETBV
	ANDL  $6, AX          // the system keeps XMM and YMM
	CMPL  AX, $6
	JNE   no
	MOVL  $7, AX
	MOVL  $0, CX
	CPUID
	SHRL  $5, BX
	ANDL  $1, BX
	MOVB  BX, ret+0(FP)

no:
	RET
