(** * Networks that expand along a trajectory have no orthogonal equivalent of any size.

    Where the activation has a slope at every preivation from some time on, always the same, a
    small change of one input changes the outputs by C A^j B to first order, with A = D W, B = D F.
    If a minimal realisation of these has |tr A^k| above its size, they have no bound: an eigenvalue
    of A^k is larger than 1, and its eigenvector is seen and reached. *)
From mathcomp Require Import all_ssreflect all_algebra complex ring.
From mathcomp.classical Require Import boolp.
From mathcomp.analysis Require Import reals.
From URNN Require Import Setting Norms Theorem_3_1 FirstOrder DifferentiablePoints.
From URNN Require Import Theorems_3_2_and_3_3 Expansive RankStep TheoremA.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** A trace above n: an eigenvalue above 1. *)
Lemma second_coef (F : idomainType) (s : seq F) :
  ('X * \prod_(z <- s) ('X - z%:P))`_(size s) = - \sum_(z <- s) z.
Proof.
elim: s => [|x s IH]; first by rewrite !big_nil mulr1 coefX oppr0.
rewrite !big_cons coefXM mulrBl coefB IH opprD addrC; congr (- _ + _).
rewrite mul_polyC coefZ [size _]/= -(size_prod_XsubC _ id) -lead_coefE.
by rewrite (monicP _) ?monic_prod_XsubC ?mulr1.
Qed.

Lemma trace_roots (F : closedFieldType) n (A : 'M[F]_n) :
  exists s : seq F, [/\ size s = n, \tr A = \sum_(z <- s) z & forall z, z \in s -> eigenvalue A z].
Proof.
case: n A => [|n] A; first by exists [::]; split=> //; rewrite big_nil /mxtrace big_ord0.
have [s ps] := closed_field_poly_normal (char_poly A).
have mo : lead_coef (char_poly A) = 1 by apply/monicP/char_poly_monic.
rewrite mo scale1r in ps.
have ss : size s = n.+1.
  by have := size_char_poly A; rewrite ps size_prod_XsubC => -[].
exists s; split=> // [|z zs]; last by rewrite eigenvalue_root_char ps root_prod_XsubC.
apply: oppr_inj; rewrite -char_poly_trace // -second_coef ps coefXM ss.
by case: eqP.
Qed.

Lemma big_eigenvalue (F : numClosedFieldType) n (A : 'M[F]_n) : n%:R < `|\tr A| ->
  exists2 z, eigenvalue A z & ~~ (`|z| <= 1).
Proof.
move=> big; have [s [ss tr ev]] := trace_roots A.
have [/hasP[z zs z1]|/hasPn small] := boolP (has (fun z => ~~ (`|z| <= 1)) s).
  by exists z => //; apply: ev.
suff : `|\tr A| <= n%:R by move=> /(lt_le_trans big); rewrite ltxx.
rewrite tr; apply: le_trans (ler_norm_sum _ _ _) _.
rewrite -ss -sum1_size natr_sum big_seq [X in _ <= X]big_seq.
by apply: ler_sum => z zs; have := small z zs; rewrite negbK.
Qed.

Section Unbounded.
Variable R : realType.
Notation Re := (@complex.Re R).
Notation Im := (@complex.Im R).
Notation rc := (real_complex R).

Lemma iterM n m (A : 'M[R]_n) (B : 'M[R]_(n, m)) j :
  iter j (mulmx A) B = iter j (mulmx A) 1%:M *m B.
Proof. by elim: j => [|j IH] /=; rewrite ?mul1mx // IH mulmxA. Qed.

Lemma iterD' n m (A : 'M[R]_n) (B : 'M[R]_(n, m)) i j :
  iter (i + j) (mulmx A) B = iter i (mulmx A) 1%:M *m iter j (mulmx A) B.
Proof. by rewrite iterD iterM. Qed.

Lemma ReM_mx n m (v : 'rV[R[i]]_n) (M : 'M[R]_(n, m)) :
  map_mx Re (v *m map_mx rc M) = map_mx Re v *m M.
Proof.
apply/rowP=> k; rewrite !mxE raddf_sum; apply: eq_bigr => j _; rewrite !mxE.
by case: (v 0 j) => c d /=; rewrite mulr0 subr0.
Qed.

Lemma ImM_mx n m (v : 'rV[R[i]]_n) (M : 'M[R]_(n, m)) :
  map_mx Im (v *m map_mx rc M) = map_mx Im v *m M.
Proof.
apply/rowP=> k; rewrite !mxE raddf_sum; apply: eq_bigr => j _; rewrite !mxE.
by case: (v 0 j) => c d /=; rewrite mulr0 add0r.
Qed.

(** A geometric sequence that is bounded in both parts starts at 0. *)
Definition sqmod (z : R[i]) : R := Re z ^+ 2 + Im z ^+ 2.

Lemma sqmodM z w : sqmod (z * w) = sqmod z * sqmod w.
Proof. by case: z w => [a b] [c d]; rewrite /sqmod /=; ring. Qed.

Lemma sqmodX z j : sqmod (z ^+ j) = sqmod z ^+ j.
Proof.
elim: j => [|j IH]; last by rewrite !exprS sqmodM IH.
by rewrite !expr0 /sqmod /= expr1n expr0n addr0.
Qed.

Lemma bounded_geometric (z w : R[i]) (K : R) : ~~ (`|z| <= 1) ->
  (forall j, `|Re (z ^+ j * w)| <= K /\ `|Im (z ^+ j * w)| <= K) -> w = 0.
Proof.
move=> z1 bd; have K0 : 0 <= K by have [/(le_trans (normr_ge0 _))] := bd 0%N.
have q1 : 1 < sqmod z.
  rewrite ltNge; apply: contra z1 => q1.
  rewrite -(ler_pexpn2r (ltn0Sn 1)) ?nnegrE ?ler01 // -add_Re2_Im2 expr1n.
  by rewrite -[X in _ <= X]/(rc 1) lecR.
have small j : sqmod z ^+ j * sqmod w <= K ^+ 2 + K ^+ 2.
  rewrite -sqmodX -sqmodM; have [re im] := bd j.
  by rewrite /sqmod ler_add // -[X in X <= _]ger0_norm ?sqr_ge0 // normrX ler_expn2r ?nnegrE.
have w0 : 0 <= sqmod w by rewrite addr_ge0 ?sqr_ge0.
have [c0|c0] := ltP 0 (sqmod w).
  have [j big] := powers_unbounded q1 ((K ^+ 2 + K ^+ 2) / sqmod w).
  by have := small j; rewrite leNgt -ltr_pdivr_mulr // big.
have {w0 c0} /eqP : sqmod w = 0 by apply/eqP; rewrite eq_le c0 w0.
rewrite paddr_eq0 ?sqr_ge0 // !sqrf_eq0 => /andP[/eqP re /eqP im].
by case: w re im {bd small} => c d /= -> ->.
Qed.

(** Every row is a combination of the rows of C, C A, C A^2, ... of a minimal network. *)
Lemma observed n m p (S : rnn R n m p) q (v : 'M[R]_(q, n)) : minimal S ->
  exists J (Y : nat -> 'M[R]_(q, p)),
    v = \sum_(j < J) Y j *m (outw S *m iter j (mulmx (trans S)) 1%:M).
Proof.
move=> mS; have ob := minimal_observ mS.
have full : (v <= span (trans S)^T (outw S)^T n.+1)%MS.
  apply: submx_full; rewrite -cokermx_eq0; apply/eqP/matrixP => i j.
  set X := span _ _ _; suff e : col j (cokermx X) = 0.
    by move/colP/(_ i): e; rewrite !mxE.
  apply: ob => k; apply/sub_kermxP.
  apply: submx_trans (krylov_span _ _ k) _; apply/sub_kermxP.
  by rewrite colE mulmxA mulmx_coker mul0mx.
have [Y ->] := span_comb full; exists n.+1, Y; apply: eq_bigr => j _; congr (_ *m _).
elim: {j}(j : nat) => [|j IH]; first by rewrite /= trmxK mulmx1.
have sw : trans S *m iter j (mulmx (trans S)) 1%:M = iter j (mulmx (trans S)) (trans S).
  by rewrite -iterS iterSr mulmx1.
by rewrite /= sw trmx_mul trmxK IH -mulmxA -iterM.
Qed.

(** ** C A^j B has no bound. *)
Lemma markov_unbounded n m p (S : rnn R n m p) k : minimal S ->
  n%:R < `|\tr (iter k (mulmx (trans S)) 1%:M)| ->
  forall K, exists j i l, K < `|(outw S *m iter j (mulmx (trans S)) (inw S)) i l|.
Proof.
move=> mS big K; apply: contrapT => no.
have bd j i l : `|(outw S *m iter j (mulmx (trans S)) (inw S)) i l| <= K.
  by rewrite leNgt; apply/negP => h; apply: no; exists j, i, l.
set A := trans S in big bd no *; pose P j := iter j (mulmx A) (1%:M : 'M[R]_n).
have PD i j : P (i + j)%N = P i *m P j by rewrite /P -iterD'.
have bdrow (v : 'rV[R]_n) : exists L, forall j l, `|(v *m P j *m inw S) 0 l| <= L.
  have [J [Y ->]] := observed v mS.
  exists (\sum_(i < J) \sum_a `|Y i 0 a| * K) => j l.
  rewrite !mulmx_suml summxE; apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => i _.
  rewrite -!mulmxA (mulmxA (iter i _ _)) -PD -/(P _) -iterM mxE.
  apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => a _.
  by rewrite normrM ler_wpmul2l.
pose AC := map_mx rc (P k).
have [z /eigenvalueP[v vA vn0] z1] : exists2 z, eigenvalue AC z & ~~ (`|z| <= 1).
  apply: big_eigenvalue; rewrite /AC trace_map_mx normc_def /= expr0n addr0 sqrtr_sqr.
  by rewrite -(rmorph_nat [rmorphism of rc]) ltcR.
have vP j : v *m map_mx rc (P (j * k)%N) = z ^+ j *: v.
  elim: j => [|j IH]; first by rewrite mul0n /P /= map_mx1 mulmx1 scale1r.
  by rewrite mulSn PD map_mxM mulmxA vA -scalemxAl IH scalerA exprS.
have zero l : v *m map_mx rc (P l *m inw S) = 0.
  apply/rowP=> c; rewrite [RHS]mxE.
  have [La ba] := bdrow (map_mx Re v); have [Lb bb] := bdrow (map_mx Im v).
  apply: (bounded_geometric (K := Num.max La Lb) z1) => j.
  have e : z ^+ j * (v *m map_mx rc (P l *m inw S)) 0 c
      = (v *m map_mx rc (P (j * k + l)%N *m inw S)) 0 c.
    by rewrite PD -mulmxA (map_mxM _ (P (j * k)%N)) mulmxA vP -scalemxAl !mxE.
  rewrite e; split.
    have := ba (j * k + l)%N c; rewrite -mulmxA -ReM_mx mxE => /le_trans; apply.
    by rewrite le_maxr lexx.
  have := bb (j * k + l)%N c; rewrite -mulmxA -ImM_mx mxE => /le_trans; apply.
  by rewrite le_maxr lexx orbT.
case/eqP: vn0; case: mS => re _.
have a0 : map_mx Re v = 0.
  by apply: re => j; rewrite iterM -ReM_mx zero; apply/rowP=> c; rewrite !mxE.
have b0 : map_mx Im v = 0.
  by apply: re => j; rewrite iterM -ImM_mx zero; apply/rowP=> c; rewrite !mxE.
apply/rowP=> c; move/rowP/(_ c): a0; move/rowP/(_ c): b0; rewrite !mxE.
by case: (v 0 c) => d e /= -> ->.
Qed.
End Unbounded.

(** ** A change of one input, to first order. *)
Section Trajectory.
Variable R : realType.

(** x with t u added at the time K. *)
Definition nudged m (x : inputs R m) K (u : 'cV[R]_m) t : inputs R m :=
  fun k => if k == K then x k + t *: u else x k.

Lemma state_before phi n m p (T : rnn R n m p) x K u t k : (k < K)%N ->
  state phi T (nudged x K u t) k = state phi T x k.
Proof.
elim: k => [|k IH] kK; rewrite /= /nudged (ltn_eqF kK) //.
by rewrite -/(nudged x K u t) IH // ltnW.
Qed.

Lemma nudge_dist m (x : inputs R m) K u t j : (K <= j)%N ->
  dist_in (nudged x K u t) x j = norm (t *: u).
Proof.
rewrite -ltnS => Kj; rewrite /dist_in (bigD1 (Ordinal Kj)) //= big1 => [|i iK].
  by rewrite addr0 /nudged eqxx addrC addKr.
rewrite /nudged; case: eqP => [e|_]; last by rewrite subrr norm0.
by case/eqP: iK; apply: val_inj.
Qed.

Lemma slope0_mulmx q n (A : 'M[R]_(q, n)) (f : R -> 'cV[R]_n) (a d : 'cV[R]_n) :
  (forall i, slope0 (fun t => f t i 0) (a i 0) (d i 0)) ->
  forall i, slope0 (fun t => (A *m f t) i 0) ((A *m a) i 0) ((A *m d) i 0).
Proof.
move=> h i; have := slope0_sum (index_enum _) (fun l => slope0Z (A i l) (h l)).
by apply: slope0_eq => [t||]; rewrite mxE.
Qed.

Lemma first_order phi n m p (T : rnn R n m p) x K (d : 'rV[R]_n) u :
  (forall k i, (K <= k)%N -> has_slope phi (pre phi T x k i 0) (d 0 i)) ->
  forall j i, slope0 (fun t => state phi T (nudged x K u t) (K + j)%N i 0)
    (state phi T x (K + j)%N i 0)
    (iter j (mulmx (diag_mx d *m trans T)) (diag_mx d *m inw T *m u) i 0).
Proof.
move=> sl; elim=> [|j IH] i.
  have ex t : state phi T (nudged x K u t) (K + 0)%N i 0
      = phi (pre phi T x K i 0 + t * (inw T *m u) i 0).
    rewrite addn0 stateE [LHS]mxE; congr (phi _).
    have -> : pre phi T (nudged x K u t) K = pre phi T x K + t *: (inw T *m u).
      have e1 : nudged x K u t K = x K + t *: u by rewrite /nudged eqxx.
      have e2 : prev phi T (nudged x K u t) K = prev phi T x K.
        by case: (K) (@state_before phi n m p T x K u t) => // K' h; rewrite /prev h.
      by rewrite /pre e1 e2 mulmxDr -scalemxAr addrA addrAC.
    by rewrite !mxE.
  have h := slope0_comp (slope0_lin (pre phi T x K i 0) ((inw T *m u) i 0)) (sl K i (leqnn K)).
  apply: slope0_eq h => [t||]; first by rewrite ex.
    by rewrite addn0 stateE [RHS]mxE.
  by rewrite /= -mulmxA mul_diag_mx [RHS]mxE.
rewrite addnS.
have sp k l : has_slope phi (pre phi T x (K + k) l 0) (d 0 l) by apply: sl; rewrite leq_addr.
have pS y : pre phi T y (K + j).+1
    = trans T *m state phi T y (K + j) + (inw T *m y (K + j).+1 + bias T) by rewrite addrA.
have inner := slope0_mulmx (trans T) IH i.
have := slope0_comp (slope0D inner (slope0_const ((inw T *m x (K + j).+1 + bias T) i 0)))
  (_ : has_slope phi _ (d 0 i)).
set c := (trans T *m state phi T x (K + j)) i 0 + _.
have -> : c = pre phi T x (K + j.+1) i 0 by rewrite /c addnS pS [RHS]mxE.
move=> /(_ (sp _ _)); apply: slope0_eq => [t||].
- rewrite [in RHS]stateE [RHS]mxE; congr (phi _); rewrite pS.
  have -> : nudged x K u t (K + j).+1 = x (K + j).+1.
    by rewrite /nudged -addnS -[X in _ == X]addn0 eqn_add2l.
  by rewrite [RHS]mxE.
- by rewrite stateE [RHS]mxE addnS.
by rewrite addr0 iterS; set v := iter j _ _; rewrite -mulmxA mul_diag_mx [RHS]mxE.
Qed.
End Trajectory.

(** ** Every trajectory with fixed slopes, inside the ball of inputs at one time. *)
Section NotEquivalent.
Variable R : realType.

Lemma near_admissible (M : R) m (x : inputs R m) K u :
  admissible M x -> sqnorm (x K) < M ^+ 2 -> near0 (fun t => admissible M (nudged x K u t)).
Proof.
move=> ax xK; have u1 : 0 < norm u + 1 by rewrite ltr_paddl ?norm_ge0 ?ltr01.
have sqM : M ^+ 2 = `|M| ^+ 2 by rewrite real_normK ?num_real.
have room : 0 < `|M| - norm (x K).
  rewrite subr_gt0 ltNge; apply/negP => h; move: xK; rewrite ltNge -sqr_norm sqM.
  by rewrite ler_expn2r ?nnegrE ?norm_ge0.
exists ((`|M| - norm (x K)) / (norm u + 1)); first by rewrite divr_gt0.
move=> t; rewrite ler_pdivl_mulr // => tu k; rewrite /nudged; case: eqP => // ->.
rewrite sqM norm_leb //; apply: le_trans (normvD _ _) _.
rewrite -ler_subr_addl; apply: le_trans tu.
have -> : norm (t *: u) = `|t| * norm u by rewrite /norm sqnormZ sqrtrM ?sqr_ge0 // sqrtr_sqr.
by rewrite ler_wpmul2l // ler_addl ler01.
Qed.

(** A network that expands along a trajectory has the outputs of no orthogonal network with a
    non-expansive activation phi', of any size. *)
Theorem unstable_not_equivalent (phi phi' : R -> R) (M : R) n m p r (T : rnn R n m p)
    (S : rnn R r m p) (x : inputs R m) (d : 'rV[R]_n) K k :
  admissible M x -> sqnorm (x K) < M ^+ 2 ->
  (forall j i, (K <= j)%N -> has_slope phi (pre phi T x j i 0) (d 0 i)) ->
  minimal S ->
  (forall j, outw T *m iter j (mulmx (diag_mx d *m trans T)) (diag_mx d *m inw T)
           = outw S *m iter j (mulmx (trans S)) (inw S)) ->
  r%:R < `|\tr (iter k (mulmx (trans S)) 1%:M)| ->
  forall N (T' : rnn R N m p), nonexpansive phi' -> orthogonal (trans T') ->
  ~ (forall y, admissible M y -> forall j, output phi T y j = output phi' T' y j).
Proof.
move=> ax xK sl mS same big N T' ne oT eqv.
pose L := Num.sqrt (frob (outw T')) * Num.sqrt (frob (inw T')).
have [j [i [l]]] := markov_unbounded mS big (L + 1); rewrite -same => gain.
pose u : 'cV[R]_m := delta_mx l 0.
have dy : slope0 (fun t => output phi T (nudged x K u t) (K + j)%N i 0)
    (output phi T x (K + j)%N i 0)
    ((outw T *m iter j (mulmx (diag_mx d *m trans T)) (diag_mx d *m inw T)) i l).
  have h := slope0_mulmx (outw T) (first_order u sl j) i.
  apply: slope0_eq h => //; set A := diag_mx d *m trans T.
  have itu q (B : 'M[R]_(n, q)) (w : 'cV[R]_q) :
    iter j (mulmx A) (B *m w) = iter j (mulmx A) B *m w.
    by rewrite iterM [in RHS]iterM mulmxA.
  by rewrite itu mulmxA -colE mxE.
have u1 t : norm (t *: u) = `|t|.
  rewrite /norm sqnormZ /sqnorm (bigD1 l) //= mxE !eqxx expr1n big1 ?addr0 ?mulr1 ?sqrtr_sqr //.
  by move=> a al; rewrite mxE (negPf al) expr0n.
have [t t0 [at' dt]] := near0_pick (near0_and (near_admissible u ax xK) (dy _ ltr01)).
have := orth_gain (nudged x K u t) x (K + j) ne oT.
rewrite -!eqv // nudge_dist ?leq_addr // u1 -/L => close.
have sub (a b : 'cV[R]_p) : (a - b) i 0 = a i 0 - b i 0 by rewrite !mxE.
have {close} := le_trans (norm_coord _ i) close; rewrite sub; move: dt; rewrite mul1r.
move: (output _ _ _ _ i 0) (output _ _ _ _ i 0) => y0 y1.
set g := (_ *m _) i l in gain * => dt h.
suff : `|g| * `|t| <= (L + 1) * `|t|.
  by rewrite ler_pmul2r ?normr_gt0 ?gt_eqF // leNgt gain.
rewrite -normrM mulrDl mul1r; have -> : g * t = (y1 - y0) - (y1 - y0 - g * t) by rewrite subKr.
by apply: le_trans (ler_norm_sub _ _) _; apply: ler_add.
Qed.

(** ** The two kinds of trajectories that the toolkit looks for.

    An input v shorter than M holds a state h from the time K on; no preactivation is at a kink. *)
Corollary held_not_equivalent (phi phi' : R -> R) (M : R) n m p r (T : rnn R n m p)
    (S : rnn R r m p) (x : inputs R m) (v : 'cV[R]_m) (h : 'cV[R]_n) (d : 'rV[R]_n) K k :
  admissible M x -> sqnorm v < M ^+ 2 -> (forall j, (K <= j)%N -> x j = v) ->
  prev phi T x K = h ->
  (forall i, phi ((trans T *m h + inw T *m v + bias T) i 0) = h i 0) ->
  (forall i, has_slope phi ((trans T *m h + inw T *m v + bias T) i 0) (d 0 i)) ->
  minimal S ->
  (forall j, outw T *m iter j (mulmx (diag_mx d *m trans T)) (diag_mx d *m inw T)
           = outw S *m iter j (mulmx (trans S)) (inw S)) ->
  r%:R < `|\tr (iter k (mulmx (trans S)) 1%:M)| ->
  forall N (T' : rnn R N m p), nonexpansive phi' -> orthogonal (trans T') ->
  ~ (forall y, admissible M y -> forall j, output phi T y j = output phi' T' y j).
Proof.
move=> ax vM xv hK fix' sl; apply: (unstable_not_equivalent ax (K := K)); first by rewrite xv.
have held j : pre phi T x (K + j) = trans T *m h + inw T *m v + bias T.
  elim: j => [|j IH]; first by rewrite addn0 /pre hK xv.
  rewrite addnS /pre xv; last by rewrite -addnS leq_addr.
  congr (_ *m _ + _ + _); rewrite /prev stateE IH.
  by apply/colP=> i; rewrite -fix' [LHS]mxE.
by move=> j i /subnKC <-; rewrite held; apply: sl.
Qed.

(** ReLU, W >= 0 and F v + b > 0: from the time 1 on every unit is active. *)
Corollary positive_not_equivalent (phi' : R -> R) (M : R) n m p r (T : rnn R n m p)
    (S : rnn R r m p) (v : 'cV[R]_m) k :
  sqnorm v < M ^+ 2 -> nonneg_mx (trans T) ->
  (forall i, 0 < (inw T *m v + bias T) i 0) ->
  minimal S ->
  (forall j, outw T *m iter j (mulmx (trans T)) (inw T)
           = outw S *m iter j (mulmx (trans S)) (inw S)) ->
  r%:R < `|\tr (iter k (mulmx (trans S)) 1%:M)| ->
  forall N (T' : rnn R N m p), nonexpansive phi' -> orthogonal (trans T') ->
  ~ (forall y, admissible M y -> forall j, output (@relu R) T y j = output phi' T' y j).
Proof.
move=> vM W0 pos mS same; pose x : inputs R m := fun=> v.
apply: (unstable_not_equivalent (x := x) (d := const_mx 1) (K := 1)) => //.
- by move=> j; apply: ltW.
- case=> // j i _; have p0 : 0 < pre (@relu R) T x j.+1 i 0.
    rewrite /pre -addrA mxE ltr_spaddr // /prev; apply: nonneg_mulmx => // a b.
    by rewrite !ord1 stateE mxE /relu le_maxr lexx.
  by have := relu_slope (lt0r_neq0 p0); rewrite p0 [X in _ -> has_slope _ _ X]mxE.
- by move=> j; rewrite diag_const_mx !mul1mx.
Qed.
End NotEquivalent.
